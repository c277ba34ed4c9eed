package figure

import (
	"bytes"
	"io"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/regnde/regnde/experiments/internal/atomicfile"
)

const dpi = 192 // twice that of a plain screen

// Save writes the figure to base.png and base.svg. The error's cause is ErrEmpty
// if there is nothing to draw; no file is written then.
func (f Figure) Save(base string) error {
	f, err := f.clean()
	if err != nil {
		return err
	}
	d, err := layout(f)
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

	vector := vgsvg.New(d.width, d.height)
	d.draw(draw.New(vector))
	var svg bytes.Buffer
	if _, err := vector.WriteTo(&svg); err != nil {
		return err
	}
	return atomicfile.WriteBytes(base+".svg", withFallbackFonts(svg.Bytes()))
}

// withFallbackFonts lets the text look the same, about, where the Liberation
// fonts are not installed: Arial and Helvetica have the same metrics.
func withFallbackFonts(svg []byte) []byte {
	return bytes.ReplaceAll(svg,
		[]byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
}
