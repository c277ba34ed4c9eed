package graph

import (
	"reflect"
	"unsafe"

	"gorgonia.org/gorgonia"
)

// All that reaches into unexported parts of Gorgonia is here. Where another version
// lacks them, nothing is found.

// kindOf returns the name of the type of an operation, without its package.
func kindOf(op gorgonia.Op) string { return reflect.Indirect(reflect.ValueOf(op)).Type().Name() }

// number returns an integer field of an operation, -1 if there is none.
func number(op gorgonia.Op, field string) int {
	switch f := reflect.Indirect(reflect.ValueOf(op)).FieldByName(field); {
	case f.IsValid() && f.CanInt():
		return int(f.Int())
	case f.IsValid() && f.CanUint():
		return int(f.Uint())
	}
	return -1
}

// numbers returns a field of an operation that is a list of integers, nil if there
// is none.
func numbers(op gorgonia.Op, field string) (list []int) {
	f := reflect.Indirect(reflect.ValueOf(op)).FieldByName(field)
	if !f.IsValid() || f.Kind() != reflect.Slice {
		return nil
	}
	for i := range f.Len() {
		list = append(list, int(f.Index(i).Int()))
	}
	return list
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
