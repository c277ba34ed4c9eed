package graph

import (
	"hash/maphash"
	"math"
	"reflect"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/internal/raw"
)

// An operation is one object, and the executions of a function share it. Some of
// Gorgonia's operations, normalizations and pooling among them, keep in that object
// what their derivative reads: in a reverse pass after several executions, all find
// what the last one left. A function finds such operations by what they do, and
// runs an execution again before its reverse pass if it has one.

// stateProbes is the number of executions in which an operation is looked at. One
// may have seen degenerate values, zeros say, that leave no trace.
const stateProbes = 3

// probe executes an operation twice and reports whether it keeps state. It is an
// error if the results differ: they are random, or depend on the executions before.
func probe(op gorgonia.Op, in []gorgonia.Value) (v gorgonia.Value, stateful bool, err error) {
	before := fingerprint(op)
	first, err := op.Do(slices.Clone(in)...)
	if err != nil || raw.IsNil(first) {
		return first, false, err
	}
	stateful = fingerprint(op) != before
	kept, err := gorgonia.CloneValue(first)
	if err != nil {
		return nil, false, err
	}
	if v, err = op.Do(slices.Clone(in)...); err != nil || raw.IsNil(v) {
		return v, false, err
	}
	if !sameBits(kept, v) {
		return nil, false, errors.Wrap(hazard.ErrRandomNode, "two evaluations on one argument differ")
	}
	// A result in memory of the operation's own is state as well.
	owned := sameMemory(first, v) && !slices.ContainsFunc(in, func(x gorgonia.Value) bool { return sameMemory(x, v) })
	return v, stateful || owned, nil
}

func sameBits(a, b gorgonia.Value) bool {
	a, b = raw.Contiguous(a), raw.Contiguous(b)
	return a.Dtype() == b.Dtype() && slices.Equal(a.Shape(), b.Shape()) && fingerprint(a.Data()) == fingerprint(b.Data())
}

func sameMemory(a, b gorgonia.Value) bool { return a.Uintptr() == b.Uintptr() }

// checkShared fails if an operation that keeps state is that of two nodes, which
// no order of evaluation serves.
func (t *table) checkShared(op gorgonia.Op) error {
	if reflect.TypeOf(op).Kind() != reflect.Pointer {
		return nil
	}
	nodes := 0
	for _, n := range t.nodes {
		if n != nil && n.Op() == op {
			nodes++
		}
	}
	if nodes > 1 {
		return errors.Errorf("the operation keeps state and belongs to %d nodes, expected one object for each", nodes)
	}
	return nil
}

var fingerprintSeed = maphash.MakeSeed()

// fingerprint hashes everything that is reachable from x, but for functions,
// channels and graphs.
func fingerprint(x any) uint64 {
	f := fingerprinter{seen: map[seenPointer]bool{}}
	f.hash.SetSeed(fingerprintSeed)
	f.add(reflect.ValueOf(x))
	return f.hash.Sum64()
}

type fingerprinter struct {
	hash maphash.Hash
	seen map[seenPointer]bool
}

type seenPointer struct {
	p uintptr
	t reflect.Type
}

var notState = []reflect.Type{
	reflect.TypeFor[*gorgonia.Node](), reflect.TypeFor[*gorgonia.ExprGraph](), reflect.TypeFor[reflect.Type](),
}

func (f *fingerprinter) number(x any) { maphash.WriteComparable(&f.hash, x) }

func (f *fingerprinter) add(v reflect.Value) {
	if !v.IsValid() || slices.Contains(notState, v.Type()) {
		f.number(v.IsValid())
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		f.number(v.IsNil())
		if v.IsNil() || v.Kind() == reflect.Pointer && f.met(v) {
			return
		}
		f.add(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			f.add(v.Field(i))
		}
	case reflect.Slice:
		f.number(v.Len())
		if v.Type().Elem().Kind() == reflect.Uint8 {
			f.hash.Write(v.Bytes())
			return
		}
		if v.Len() > 0 && f.met(v) {
			return
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			f.add(v.Index(i))
		}
	case reflect.Map:
		// The order of a map is random: entries are hashed by themselves and summed.
		var sum uint64
		for it := v.MapRange(); it.Next(); {
			entry := fingerprinter{seen: f.seen}
			entry.hash.SetSeed(fingerprintSeed)
			entry.add(it.Key())
			entry.add(it.Value())
			sum += entry.hash.Sum64()
		}
		f.number(sum)
	case reflect.Bool:
		f.number(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f.number(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		f.number(v.Uint())
	case reflect.Float32, reflect.Float64:
		f.number(math.Float64bits(v.Float())) // as a NaN has no hash
	case reflect.Complex64, reflect.Complex128:
		f.number(math.Float64bits(real(v.Complex())))
		f.number(math.Float64bits(imag(v.Complex())))
	case reflect.String:
		f.number(v.String())
	}
}

// met reports whether a pointer or slice has been followed before.
func (f *fingerprinter) met(v reflect.Value) bool {
	p := seenPointer{v.Pointer(), v.Type()}
	met := f.seen[p]
	f.seen[p] = true
	return met
}
