package live

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/regnde/regnde/experiments/internal/figure"
)

func listen(t *testing.T) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// get returns the body of an answer, of which it checks status and type.
func get(t *testing.T, s *Server, path, kind string) string {
	t.Helper()
	answer, err := http.Get(s.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || !strings.HasPrefix(got, kind) {
		t.Errorf("/%s: status %d, type %q, expected 200 and %s", path, answer.StatusCode, got, kind)
	}
	return string(body)
}

func TestAddress(t *testing.T) {
	for given, want := range map[string]string{
		":8080": "127.0.0.1:8080", "127.0.0.1:0": "127.0.0.1:0", "localhost:80": "localhost:80",
		"0.0.0.0:8080": "0.0.0.0:8080", "[::1]:8080": "[::1]:8080",
		"": "", "8080": "", "host": "", "host:": "", "host:http": "", ":65536": "", ":-1": "", "::1:80": "",
	} {
		got, err := Address(given)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, error %v, expected %q", given, got, err, want)
		}
	}
}

func TestPage(t *testing.T) {
	s := listen(t)
	if text := get(t, s, "", "text/html"); !strings.Contains(text, "Nothing yet") {
		t.Errorf("before the first page:\n%s", text)
	}
	drawn := 0
	s.Publish(func() Page {
		return Page{
			Title: "a < b",
			Facts: []Fact{{"epoch", "3 of 4"}},
			Table: [][]string{{"variant", "NFE"}, {"vanilla", "75"}},
			Lines: []string{"line 1", "line 2"},
			Data:  map[string]int{"nfe": 75},
			Figures: []Figure{
				{Name: "loss", Title: "Loss", Version: "7", Draw: func() figure.Figure {
					drawn++
					return figure.Figure{Panels: []figure.Panel{{XLabel: "epoch", Series: []figure.Series{{X: []float64{1, 2}, Y: []float64{4, 3}}}}}}
				}},
				{Name: "empty", Draw: func() figure.Figure { return figure.Figure{} }},
				{Name: "wrong", Draw: func() figure.Figure {
					return figure.Figure{Panels: []figure.Panel{{Series: []figure.Series{{X: []float64{1}}}}}}
				}},
			},
		}
	})
	text := get(t, s, "", "text/html")
	for _, want := range []string{
		"<title>a &lt; b</title>", "<dt>epoch</dt><dd>3 of 4</dd>",
		`<tr><th scope="col">variant</th><th scope="col">NFE</th></tr>`, "<tr><td>vanilla</td><td>75</td></tr>",
		`<img src="/figures/loss.svg?version=` + s.token + `-7" alt="Loss">`, "<pre>line 1\nline 2\n</pre>",
		`<meta http-equiv="refresh" content="5">`, "setTimeout(refresh, 3000)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("page lacks %q:\n%s", want, text)
		}
	}
	if got, want := get(t, s, "data.json", "application/json"), "{\n \"nfe\": 75\n}\n"; got != want {
		t.Errorf("data %q, expected %q", got, want)
	}
	for range 3 {
		if svg := get(t, s, "figures/loss.svg", "image/svg+xml"); !strings.Contains(svg, ">epoch</text>") {
			t.Errorf("no figure:\n%s", svg)
		}
	}
	if drawn != 1 {
		t.Errorf("drawn %d times, expected once in a version", drawn)
	}
	get(t, s, "figures/empty.svg", "image/svg+xml")
	for path, want := range map[string]int{
		"figures/other.svg": http.StatusNotFound, "figures/loss": http.StatusNotFound, "figures/": http.StatusNotFound,
		"figures/wrong.svg": http.StatusInternalServerError, "other": http.StatusNotFound,
	} {
		answer, err := http.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("/%s: status %d, expected %d", path, answer.StatusCode, want)
		}
	}
}

// Whoever looks sees whole pages, while others are published.
func TestPublishBesideRequests(t *testing.T) {
	s := listen(t)
	publish := func(n int) {
		s.Publish(func() Page {
			return Page{
				Title: fmt.Sprint("page ", n), Lines: []string{fmt.Sprint("line ", n)},
				Figures: []Figure{{Name: "f", Version: fmt.Sprint(n), Draw: func() figure.Figure {
					return figure.Figure{Panels: []figure.Panel{{Series: []figure.Series{{X: []float64{0, 1}, Y: []float64{0, float64(n)}}}}}}
				}}},
			}
		})
	}
	publish(0)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 5 {
				var title, line int
				text := get(t, s, "", "text/html")
				fmt.Sscanf(text[strings.Index(text, "<title>"):], "<title>page %d", &title)
				fmt.Sscanf(text[strings.Index(text, "<pre>"):], "<pre>line %d", &line)
				if title != line {
					t.Errorf("title of page %d, line of page %d", title, line)
				}
				get(t, s, "figures/f.svg", "image/svg+xml")
			}
		})
	}
	for n := range 1000 {
		publish(n)
	}
	readers.Wait()
}

// The profiles are for this machine, and under its own name.
func TestProfiles(t *testing.T) {
	s := listen(t)
	if text := get(t, s, "debug/pprof/", "text/html"); !strings.Contains(text, "goroutine") {
		t.Errorf("no list of profiles:\n%s", text)
	}
	for _, test := range []struct {
		path, host string
		local      bool
		want       int
	}{
		{"/", "127.0.0.1:8080", true, http.StatusOK},
		{"/", "localhost:9999", true, http.StatusOK}, // as a tunnel may have it
		{"/", "localhost", true, http.StatusOK},
		{"/", "[::1]:8080", true, http.StatusOK},
		{"/", "elsewhere.example:8080", true, http.StatusForbidden},
		{"/debug/pprof/", "elsewhere.example", true, http.StatusForbidden},
		{"/", "cluster.example:8080", false, http.StatusOK},
		{"/debug/pprof/", "cluster.example:8080", false, http.StatusNotFound},
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		r.Host = test.host
		w := httptest.NewRecorder()
		s.handler(test.local).ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s at %s, local %t: status %d, expected %d", test.path, test.host, test.local, w.Code, test.want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	s := listen(t)
	_, err := Listen(s.listener.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "expected an address of this machine with a free port") {
		t.Errorf("error %v", err)
	}
}

// A server ends although a client does not, and gives its port free.
func TestClose(t *testing.T) {
	s, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	drawing, release := make(chan bool), make(chan bool)
	defer close(release)
	s.Publish(func() Page {
		return Page{Figures: []Figure{{Name: "slow", Draw: func() figure.Figure {
			close(drawing)
			<-release
			return figure.Figure{}
		}}}}
	})
	go http.Get(s.URL() + "figures/slow.svg")
	<-drawing
	s.Close()
	l, err := net.Listen("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}
