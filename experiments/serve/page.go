package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"github.com/pkg/errors"
)

//go:embed page.html
var pageText string

// newPage returns the page with samples to choose from, each with as many pixels as the model
// has inputs, and a line about the model. It loads nothing from elsewhere.
func newPage(samples [][]float64, about string) (http.Handler, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, errors.Wrap(err, "page")
	}
	var b bytes.Buffer
	if err := t.Execute(&b, map[string]any{"Samples": samples, "About": about}); err != nil {
		return nil, errors.Wrap(err, "page")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:; script-src 'unsafe-inline'; style-src 'unsafe-inline'")
		_, _ = w.Write(b.Bytes())
	}), nil
}
