package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math"

	"github.com/pkg/errors"
)

// request is the body of POST /predict: one image or several, each of as many numbers
// from 0 (paper) to 1 (ink) as the model has inputs, row by row.
type request struct {
	Image  []float64   `json:"image,omitempty"`
	Images [][]float64 `json:"images,omitempty"`
	Trace  bool        `json:"trace,omitempty"` // whether to return the steps as well
}

// decode reads a request for a model with a number of inputs of at most most images.
func decode(r io.Reader, inputs, most int) (images [][]float64, trace bool, err error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, false, errors.Wrap(err, "request")
	}
	var q request
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return nil, false, errors.Wrap(err, "request")
	}
	if _, err := d.Token(); err != io.EOF {
		if err != nil {
			return nil, false, errors.Wrap(err, "after the request")
		}
		return nil, false, errors.New("something after the request, expected its end")
	}
	switch {
	case bytes.Contains(body, []byte("null")):
		// What JavaScript writes for NaN would be read as 0. No field has it in its name.
		return nil, false, errors.New("null in the request, expected numbers")
	case q.Image != nil && q.Images != nil:
		return nil, false, errors.New(`both "image" and "images", expected one of them`)
	case q.Image != nil:
		q.Images = [][]float64{q.Image}
	case len(q.Images) == 0:
		return nil, false, errors.New(`no image, expected "image" or "images"`)
	case len(q.Images) > most:
		return nil, false, errors.Errorf("%d images, expected at most %d in a request", len(q.Images), most)
	}
	for i, image := range q.Images {
		if len(image) != inputs {
			return nil, false, errors.Errorf("image %d has %d numbers, expected %d", i, len(image), inputs)
		}
		for j, x := range image {
			if !(x >= 0 && x <= 1) || math.IsNaN(x) {
				return nil, false, errors.Errorf("image %d: number %d is %v, expected one from 0 to 1", i, j, x)
			}
		}
	}
	return q.Images, q.Trace, nil
}
