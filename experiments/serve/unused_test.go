package main

import (
	"errors"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// TestUnused: connections are closed on which no request has begun, and no others.
func TestUnused(t *testing.T) {
	var u unused
	connection := func(states ...http.ConnState) (theirs net.Conn) {
		theirs, ours := net.Pipe()
		t.Cleanup(func() { theirs.Close(); ours.Close() })
		for _, s := range states {
			u.note(ours, s)
		}
		return theirs
	}
	fresh := connection(http.StateNew)
	asking := connection(http.StateNew, http.StateActive)
	waiting := connection(http.StateNew, http.StateActive, http.StateIdle)
	u.close()
	open := func(c net.Conn) bool {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // long ago
		_, err := c.Read(make([]byte, 1))
		return errors.Is(err, os.ErrDeadlineExceeded)
	}
	if open(fresh) || !open(asking) || !open(waiting) {
		t.Errorf("open: %t without a request, %t with one, %t after one; expected only the last two", open(fresh), open(asking), open(waiting))
	}
}
