package exchange

import (
	"slices"
	"unicode/utf8"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/extent"
)

// A Place says where the entries of a parameter lie in a file. Several parameters may
// share a tensor, each entry of which must be that of exactly one parameter.
type Place struct {
	// Tensor is the name of the tensor.
	Tensor string
	// Shape is that of the tensor; that of the parameter if nil.
	Shape []int
	// Entry returns the position in the tensor, row-major, of entry i of the
	// parameter, row-major; i if nil.
	Entry func(i int) int
}

// Transposed is the place of a matrix (rows, columns) that lies in a tensor as
// (columns, rows). PyTorch's Linear stores weights (out, in), which are (in, out)
// here. A parameter that is no matrix lies as it is.
func Transposed(p *graph.Param, name string) Place {
	if p.Shape.Dims() != 2 {
		return Place{Tensor: name}
	}
	return Columns(p, name, 0, p.Shape[0])
}

// Columns is the place of a matrix (rows, columns) whose transpose is the columns from,
// from+1, … of a matrix (columns, width), or of a vector (columns) that is column from
// of it. Weights of an input that PyTorch's Linear takes joined with another, such as
// the time, are such columns.
func Columns(p *graph.Param, name string, from, width int) Place {
	columns := p.Shape[p.Shape.Dims()-1]
	return Place{
		Tensor: name, Shape: []int{columns, width},
		Entry: func(i int) int { return i%columns*width + from + i/columns },
	}
}

// A block is a tensor of a file and the parameters that lie in it.
type block struct {
	name  string
	shape []int
	parts []part
}

type part struct {
	param *graph.Param
	entry func(int) int
}

// layout returns the blocks of the parameters, in the order in which they first occur.
func layout(p *graph.Params, settings *Settings) ([]*block, error) {
	place := func(q *graph.Param) Place { return Place{Tensor: q.Name} }
	if settings != nil && settings.Place != nil {
		place = settings.Place
	}
	var blocks []*block
	byName := map[string]*block{}
	for _, q := range p.List() {
		at := place(q)
		if at.Tensor == "" || !utf8.ValidString(at.Tensor) {
			return nil, errors.Errorf("parameter %q lies in tensor %q, expected some UTF-8", q.Name, at.Tensor)
		}
		if at.Shape == nil {
			at.Shape = q.Shape
		}
		if at.Entry == nil {
			at.Entry = func(i int) int { return i }
		}
		b := byName[at.Tensor]
		if b == nil {
			b = &block{name: at.Tensor, shape: slices.Clone(at.Shape)}
			byName[at.Tensor] = b
			blocks = append(blocks, b)
		}
		if !slices.Equal(at.Shape, b.shape) {
			return nil, errors.Errorf("parameter %q lies in tensor %q of shape %v, expected %v as %q", q.Name, b.name, at.Shape, b.shape, b.parts[0].param.Name)
		}
		b.parts = append(b.parts, part{q, at.Entry})
	}
	for _, b := range blocks {
		if err := b.check(); err != nil {
			return nil, err
		}
	}
	return blocks, nil
}

// size is the number of entries of the parameters in the block.
func (b *block) size() int {
	n := 0
	for _, p := range b.parts {
		n += p.param.Size()
	}
	return n
}

// check returns an error unless the parameters fill the tensor, each entry once.
func (b *block) check() error {
	n, err := extent.Of(b.shape...)
	if err != nil || n != b.size() {
		return errors.Errorf("tensor %q has shape %v, expected as many entries as the parameters in it, %d", b.name, b.shape, b.size())
	}
	taken := make([]bool, n)
	for _, p := range b.parts {
		for i := range p.param.Size() {
			at := p.entry(i)
			if at < 0 || at >= n || taken[at] {
				return errors.Errorf("parameter %q has its entry %d at %d of tensor %q, expected a place of its own among %d", p.param.Name, i, at, b.name, n)
			}
			taken[at] = true
		}
	}
	return nil
}

// gather returns the entries of the tensor.
func gather[T float](b *block, vector []T) []T {
	x := make([]T, b.size())
	for _, p := range b.parts {
		for i := range p.param.Size() {
			x[p.entry(i)] = vector[p.param.Offset+i]
		}
	}
	return x
}

// scatter puts the entries of the tensor into the vector.
func scatter[T float](b *block, vector, x []T) {
	for _, p := range b.parts {
		for i := range p.param.Size() {
			vector[p.param.Offset+i] = x[p.entry(i)]
		}
	}
}
