package graph

import (
	"reflect"
	"unsafe"

	"gorgonia.org/gorgonia"
)

// index tells Gorgonia where the next nodes of g, as many as ahead, will be.
//
// A graph finds a node by ID with a linear search the first time it is asked,
// which happens for every new node: building a graph of n nodes takes O(n²).
// It remembers what it finds in an unexported map from IDs to positions. IDs
// are handed out in sequence, so the map can be filled ahead; entries beyond
// the last node are harmless. Where the map is missing (another Gorgonia)
// nothing is done, and building is merely slow.
func index(g *gorgonia.ExprGraph, ahead int) {
	f := reflect.ValueOf(g).Elem().FieldByName("byID")
	if !f.IsValid() || f.Type() != reflect.TypeFor[map[int64]int]() {
		return
	}
	byID := *(*map[int64]int)(unsafe.Pointer(f.UnsafeAddr()))
	n := len(g.AllNodes())
	if _, known := byID[int64(n+ahead)]; known {
		return
	}
	for id := n + 2*ahead; id >= n; id-- {
		if _, known := byID[int64(id)]; known && id > n {
			continue
		}
		byID[int64(id)] = id
	}
}
