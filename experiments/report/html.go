package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"

	"github.com/pkg/errors"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"dataURI": dataURI}).Parse(pageText))

// dataURI is the image in a form in which it is part of the page. As the source
// of an image it can neither run scripts nor load anything.
func dataURI(img *image) template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(img.Data))
}

// html is the report as one page that needs nothing else.
func (d *document) html() ([]byte, error) {
	var b bytes.Buffer
	if err := page.Execute(&b, d); err != nil {
		return nil, errors.Wrap(err, "report.html")
	}
	return b.Bytes(), nil
}
