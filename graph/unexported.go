package graph

import (
	"reflect"
	"unsafe"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// This file has all that depends on unexported parts of Gorgonia v0.9.18: on the
// names of its operations' types, and on fields of those and of its graphs.

// kindOf returns the name of the type of an operation, without its package.
func kindOf(op gorgonia.Op) string { return reflect.Indirect(reflect.ValueOf(op)).Type().Name() }

// intField returns a field of an operation that is an integer, -1 if there is none.
func intField(op gorgonia.Op, name string) int {
	switch f := fieldOf(op, name); {
	case f.IsValid() && f.CanInt():
		return int(f.Int())
	case f.IsValid() && f.CanUint():
		return int(f.Uint())
	}
	return -1
}

// intsField returns a field of an operation that is a list of integers, nil if there
// is none.
func intsField(op gorgonia.Op, name string) (ints []int) {
	f := fieldOf(op, name)
	if !f.IsValid() || f.Kind() != reflect.Slice {
		return nil
	}
	for i := range f.Len() {
		ints = append(ints, int(f.Index(i).Int()))
	}
	return ints
}

func fieldOf(op gorgonia.Op, name string) reflect.Value {
	return reflect.Indirect(reflect.ValueOf(op)).FieldByName(name)
}

// isDropout reports whether op sets random entries to zero.
func isDropout(op gorgonia.Op) bool { return kindOf(op) == "dropoutOp" }

// isConstant reports whether n holds a constant: Gorgonia gives it an
// operation of its own that has no arguments and is no random source.
func isConstant(n *gorgonia.Node) bool {
	if n.Op() == nil {
		return false
	}
	_, ok := n.Op().(interface{ Value() gorgonia.Value })
	return ok
}

// isAddition reports whether n is Gorgonia's elementwise sum of two values of
// one floating-point type and shape, without broadcasting.
func isAddition(n *gorgonia.Node, c gorgonia.Nodes) bool {
	if len(c) != 2 || n.Op().String() != "+ false" || kindOf(n.Op()) != "elemBinOp" {
		return false
	}
	dt := n.Dtype()
	return (dt == tensor.Float32 || dt == tensor.Float64) && sameForm(c[0], n) && sameForm(c[1], n)
}

// slicedDimension returns the length of the dimension that a slice is taken
// of, 0 if n is none.
func slicedDimension(n *gorgonia.Node) int {
	op, ok := n.Op().(interface{ IsSlice() tensor.Slice })
	if !ok || op.IsSlice() == nil {
		return 0
	}
	s, along := children(n)[0].Shape(), intField(n.Op(), "along")
	if along < 0 || along >= len(s) {
		return 0
	}
	return s[along]
}

// readTarget returns where a gorgonia.Read operation stores its value, nil for
// any other operation. Gorgonia keeps it in an unexported field of an
// unexported type.
func readTarget(op gorgonia.Op) *gorgonia.Value {
	v := reflect.ValueOf(op)
	if v.Kind() != reflect.Struct || v.Type().Name() != "readOp" || v.NumField() != 1 {
		return nil
	}
	f := v.Field(0)
	if f.Type() != reflect.TypeFor[*gorgonia.Value]() {
		return nil
	}
	return (*gorgonia.Value)(f.UnsafePointer())
}

// reserve prepares g for about as many more nodes. Without it, the time to
// build a graph of n stock nodes grows with n².
//
// A graph finds a node by its ID with a linear search the first time it is
// asked, which happens once for every node. It remembers what it finds in an
// unexported map from IDs to positions. IDs are handed out in sequence, so
// reserve fills that map ahead; entries beyond the last node are harmless.
// Where the map is missing (another Gorgonia) nothing is done, and building is
// merely slow. A graph that is nil has nothing to prepare.
func reserve(g *gorgonia.ExprGraph, nodes int) {
	if g == nil {
		return
	}
	f := reflect.ValueOf(g).Elem().FieldByName("byID")
	if !f.IsValid() || f.Type() != reflect.TypeFor[map[int64]int]() {
		return
	}
	byID := *(*map[int64]int)(unsafe.Pointer(f.UnsafeAddr()))
	all := g.AllNodes()
	next, removed := int64(0), int64(0)
	if n := len(all); n > 0 {
		last := all[n-1].ID()
		next, removed = last+1, last+1-int64(n)
		if at, known := byID[last]; removed > 0 && !(known && at == n-1) {
			clear(byID) // nodes were removed since, and others moved up
			for i, n := range all {
				byID[n.ID()] = i
			}
		}
	}
	end := next + int64(nodes)
	if _, known := byID[end]; known {
		return
	}
	// Twice as far, so that reserving little and often costs little.
	for id := end + int64(nodes); id >= next; id-- {
		if _, known := byID[id]; known {
			break
		}
		byID[id] = int(id - removed)
	}
}
