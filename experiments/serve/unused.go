package main

import (
	"maps"
	"net"
	"net/http"
	"sync"
)

// unused are the connections on which no request has begun. Browsers keep some for later,
// and http.Server.Shutdown would wait five seconds for each.
type unused struct {
	mu          sync.Mutex
	connections map[net.Conn]bool
}

// note is a server's ConnState.
func (u *unused) note(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state != http.StateNew {
		delete(u.connections, c)
		return
	}
	if u.connections == nil {
		u.connections = map[net.Conn]bool{}
	}
	u.connections[c] = true
}

// close closes them.
func (u *unused) close() {
	u.mu.Lock()
	all := maps.Clone(u.connections)
	u.mu.Unlock()
	for c := range all {
		c.Close() // nobody has asked for anything
	}
}
