package figure

import (
	"bytes"
	"io"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/regnde/regnde/graph/atomicfile"
)

const dpi = 192 // twice that of a plain screen

// Save writes the figure to base.png and base.svg. The error's cause is ErrEmpty
// if there is nothing to draw; no file is written then.
func (f Figure) Save(base string) error {
	d, err := f.drawing()
	if err != nil {
		return err
	}
	bitmap := vgimg.NewWith(vgimg.UseWH(d.width, d.height), vgimg.UseDPI(dpi))
	d.draw(draw.New(bitmap))
	err = atomicfile.Write(base+".png", func(w io.Writer) error {
		_, err := vgimg.PngCanvas{Canvas: bitmap}.WriteTo(w)
		return err
	})
	if err != nil {
		return err
	}
	svg, err := d.svg()
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(base+".svg", svg)
}

// SVG returns the figure as a document. The error's cause is ErrEmpty if there is
// nothing to draw.
func (f Figure) SVG() ([]byte, error) {
	d, err := f.drawing()
	if err != nil {
		return nil, err
	}
	return d.svg()
}

// drawing returns the figure laid out.
func (f Figure) drawing() (*drawing, error) {
	f, err := f.clean()
	if err != nil {
		return nil, err
	}
	return layout(f)
}

// svg draws the figure as a document.
func (d *drawing) svg() ([]byte, error) {
	vector := vgsvg.New(d.width, d.height)
	d.draw(draw.New(vector))
	var text bytes.Buffer
	if _, err := vector.WriteTo(&text); err != nil {
		return nil, err
	}
	return withFallbackFonts(withWholeImages(text.Bytes())), nil
}

// withFallbackFonts lets the text look the same, about, where the Liberation
// fonts are not installed: Arial and Helvetica have the same metrics.
func withFallbackFonts(svg []byte) []byte {
	return bytes.ReplaceAll(svg,
		[]byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
}

// withWholeImages lets images fill their rectangles, whatever their own proportions,
// and says what they are.
func withWholeImages(svg []byte) []byte {
	svg = bytes.ReplaceAll(svg, []byte("<image "), []byte(`<image preserveAspectRatio="none" `))
	return bytes.ReplaceAll(svg, []byte("data:image/jpg;base64,"), []byte("data:image/png;base64,"))
}
