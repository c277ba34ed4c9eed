package live

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/figure"
)

// Page is what there is to see.
type Page struct {
	Title   string
	Facts   []Fact     // what is going on
	Table   [][]string // a row of heads and rows as long, of which the first column is text
	Figures []Figure
	Lines   []string // last lines of the log
	Data    any      // what data.json holds
}

// Fact is one thing that the page says in words.
type Fact struct{ Name, Value string }

// Figure is drawn when somebody looks at it, once in each version.
type Figure struct {
	Name    string // name of the file, without an extension
	Title   string
	Version string
	Draw    func() figure.Figure
}

// picture is a figure that was drawn.
type picture struct {
	version string
	svg     []byte
}

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

func (s *Server) servePage(w http.ResponseWriter, _ *http.Request) {
	var text bytes.Buffer
	err := pageTemplate.Execute(&text, struct {
		Page
		Token    string
		Profiles bool
	}{(*s.page.Load())(), s.token, s.Local()})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	// Nothing comes from elsewhere.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'")
	send(w, "text/html; charset=utf-8", "no-store", text.Bytes())
}

func (s *Server) serveData(w http.ResponseWriter, _ *http.Request) {
	text, err := json.MarshalIndent((*s.page.Load())().Data, "", " ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, "application/json", "no-store", append(text, '\n'))
}

func (s *Server) serveFigure(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".svg")
	for _, f := range (*s.page.Load())().Figures {
		if ok && f.Name == name {
			svg, err := s.draw(f)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			send(w, "image/svg+xml", "max-age=3600", svg)
			return
		}
	}
	http.NotFound(w, r)
}

// nothing is a picture of nothing.
const nothing = `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`

// draw returns a figure as a document. One is drawn at a time, so that many who look
// take no more than one processor from the training.
func (s *Server) draw(f Figure) ([]byte, error) {
	s.drawing.Lock()
	defer s.drawing.Unlock()
	if p := s.drawn[f.Name]; p.svg != nil && p.version == f.Version {
		return p.svg, nil
	}
	svg, err := f.Draw().SVG()
	if errors.Is(err, figure.ErrEmpty) {
		svg, err = []byte(nothing), nil
	}
	if err != nil {
		return nil, err
	}
	s.drawn[f.Name] = picture{f.Version, svg}
	return svg, nil
}

// send answers a request. A client that has gone is none of our business.
func send(w http.ResponseWriter, kind, cache string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(body)
}
