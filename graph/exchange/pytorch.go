package exchange

import (
	"strings"

	"github.com/regnde/regnde/graph"
)

// PyTorch returns the places in the state_dict of a PyTorch model whose modules have
// the names of the layers here:
//
//	here                                 PyTorch
//	Dense        name.w (in, out)        Linear     name.weight (out, in)
//	             name.b                             name.bias
//	TimeDense    name.w, name.wt         Linear     name.weight (out, in+1) on [x; t]
//	Conv         name.w, name.b          Conv2d     name.weight, name.bias
//	GroupNorm    name.scale, name.shift  GroupNorm  name.weight, name.bias
//
// The time is the last input of a Linear, and the last channel of a Conv2d. All other
// parameters have their own names and shapes. Where a model has other names, or another
// order of inputs, a function around this one changes the place.
func PyTorch(params *graph.Params) func(*graph.Param) Place {
	return func(p *graph.Param) Place {
		dot := strings.LastIndexByte(p.Name, '.')
		if dot < 0 {
			return Place{Tensor: p.Name}
		}
		module, kind := p.Name[:dot], p.Name[dot+1:]
		weight, bias := module+".weight", module+".bias"
		w, wt := params.Lookup(module+".w"), params.Lookup(module+".wt")
		timed := w != nil && wt != nil && w.Shape.Dims() == 2
		switch {
		case kind == "w" && timed:
			return Columns(p, weight, 0, w.Shape[0]+1)
		case kind == "wt" && timed:
			return Columns(p, weight, w.Shape[0], w.Shape[0]+1)
		case kind == "w":
			return Transposed(p, weight)
		case kind == "b":
			return Place{Tensor: bias}
		case kind == "scale":
			return Place{Tensor: weight}
		case kind == "shift" && params.Lookup(module+".scale") != nil:
			return Place{Tensor: bias}
		}
		return Place{Tensor: p.Name}
	}
}
