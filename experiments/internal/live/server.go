// Package live serves the state of a training as a page, beside the training and
// without a hold on it: the training publishes a snapshot when it likes, and whoever
// looks at the page has the last one drawn, on his own goroutine.
//
//	server, err := live.Listen("127.0.0.1:8080")
//	if err != nil {
//		return err
//	}
//	defer server.Close()
//	…
//	server.Publish(func() live.Page { return snapshot.page() })
//
// The page is at /, what it says as JSON at /data.json, its figures below /figures/.
// A server that this machine alone reaches also has the profiles of net/http/pprof.
// Nothing else is served to a request, and nothing can be changed by one.
package live

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"
)

// Server serves a page until it is closed.
type Server struct {
	listener net.Listener
	host     string // as it was asked for
	http     http.Server
	served   chan struct{} // closed when the server has ended
	token    string        // tells the figures of this server from those of earlier ones

	page atomic.Pointer[func() Page]

	drawing sync.Mutex
	drawn   map[string]picture // by the name of the figure
}

// farewell is how long Close waits for requests under way.
const farewell = time.Second

// Address returns the address that a server for host:port listens on. Without a host
// it is that of this machine for itself, so that others reach the page only where a
// host is written out.
func Address(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", errors.Errorf("address %q, expected a host and a number of a port, as in 127.0.0.1:8080, or :8080", address)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// Listen begins to serve at an address that Address has returned. Port 0 stands for
// any that is free.
func Listen(address string) (*Server, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.Wrap(err, "cannot serve the page")
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, errors.Wrap(err, "cannot serve the page, expected an address of this machine with a free port")
	}
	s := &Server{
		listener: l, host: host, served: make(chan struct{}), drawn: map[string]picture{},
		token: strconv.FormatInt(time.Now().UnixNano(), 36),
	}
	s.http = http.Server{
		Handler:           s.handler(s.Local()),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, // profiles set their own
		MaxHeaderBytes: 1 << 16,
		ErrorLog:       log.New(io.Discard, "", 0), // of what clients do wrong
	}
	s.Publish(func() Page { return Page{} })
	go func() {
		defer close(s.served)
		s.http.Serve(l) // until Close
	}()
	return s, nil
}

// URL returns the address of the page.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/" }

// Local reports whether this machine alone reaches the server.
func (s *Server) Local() bool {
	a, ok := s.listener.Addr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// Publish makes what a function returns the page. The function is called on other
// goroutines and at any time, also several at once, so that nothing that it reads may
// change any more.
func (s *Server) Publish(page func() Page) { s.page.Store(&page) }

// Close ends the server. It waits a second for requests under way.
func (s *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
	<-s.served
}

// handler returns what answers requests, which come from this machine if they are
// local.
func (s *Server) handler(local bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /data.json", s.serveData)
	mux.HandleFunc("GET /figures/{file}", s.serveFigure)
	if !local {
		return mux
	}
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	return s.localOnly(mux)
}

// localOnly refuses requests under a name that is not one of this machine: a page of
// somebody else in the browser may have made it stand for this address.
func (s *Server) localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && host != s.host && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "the host of the address is not this machine, expected localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
