package main

import (
	"math"
	"strings"
	"testing"
)

// TestDecode: what is no request of images of four numbers is refused by name.
func TestDecode(t *testing.T) {
	for _, tt := range []struct{ body, message string }{
		{`{"image":[0,0.5,1,0]}`, ""},
		{`{"images":[[0,0,0,1],[1,0,0,0]],"trace":true}`, ""},
		{``, "EOF"},
		{`{`, "unexpected EOF"},
		{`[]`, "cannot unmarshal"},
		{`{}`, `expected "image" or "images"`},
		{`{"images":[]}`, `expected "image" or "images"`},
		{`{"image":[0,0,0,0],"images":[[0,0,0,0]]}`, "expected one of them"},
		{`{"image":[0,0,0]}`, "image 0 has 3 numbers, expected 4"},
		{`{"images":[[0,0,0,0],[]]}`, "image 1 has 0 numbers"},
		{`{"image":[0,0,0,NaN]}`, "invalid character 'N'"},
		{`{"image":[0,0,0,1e999]}`, "1e999"},
		{`{"image":[0,0,0,2]}`, "number 3 is 2, expected one from 0 to 1"},
		{`{"image":[0,0,-1,0]}`, "number 2 is -1"},
		{`{"image":["0",0,0,0]}`, "string"},
		{`{"image":[null,0,0,0]}`, "null"},
		{`{"image":[0,0.5,0,0],"image":[null,null,null,null]}`, "null"},
		{`{"images":[null]}`, "null"},
		{`{"image":null,"images":[[0,0,0,0]]}`, "null"},
		{`{"picture":[0,0,0,0]}`, "picture"},
		{`{"image":[0,0,0,0]} x`, "invalid character 'x'"},
		{`{"image":[0,0,0,0]}{}`, "expected its end"},
		{`{"images":[[0,0,0,0],[0,0,0,0],[0,0,0,0]]}`, "3 images, expected at most 2"},
	} {
		_, _, err := decode(strings.NewReader(tt.body), 4, 2)
		if tt.message == "" && err != nil || tt.message != "" && (err == nil || !strings.Contains(err.Error(), tt.message)) {
			t.Errorf("%s: error %v, expected one with %q", tt.body, err, tt.message)
		}
	}
}

// FuzzDecode: whatever is sent, what is accepted is what a model can take.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"image":[0,0.5,1,0]}`, `{"images":[[0,0,0,1]],"trace":true}`, `{"image":null}`, `{"image":[1e-400,0,0,0]}`, `{"images":[null]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		images, _, err := decode(strings.NewReader(body), 4, 2)
		if err != nil {
			return
		}
		if len(images) == 0 || len(images) > 2 {
			t.Errorf("%d images", len(images))
		}
		for _, x := range images {
			if len(x) != 4 {
				t.Errorf("an image of %d numbers", len(x))
			}
			for _, v := range x {
				if math.IsNaN(v) || v < 0 || v > 1 {
					t.Errorf("a number %v", v)
				}
			}
		}
	})
}
