package graph_test

import (
	"errors"
	"fmt"
	"hash"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// TestMachineIncremental adds nodes after a run. What has run is not run again.
func TestMachineIncremental(t *testing.T) {
	g := gorgonia.NewGraph()
	x := variable(g, "x", tensor.Shape{2, 3}, rand.New(rand.NewPCG(1, 2)))
	m := graph.NewMachine(g)
	runs := 0
	y := gorgonia.Must(gorgonia.ApplyOp(&userOp{id: 1, do: func(in []gorgonia.Value) (gorgonia.Value, error) {
		runs++
		return gorgonia.CloneValue(in[0])
	}}, x))
	for range 3 {
		if err := m.Run(); err != nil {
			t.Fatal(err)
		}
		y = gorgonia.Must(gorgonia.Add(y, x))
	}
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	if runs != 1 {
		t.Errorf("the operation ran %d times, expected once", runs)
	}
	for i, got := range value.Float64s(m.Value(y)) {
		if want := 4 * value.Float64s(x.Value())[i]; math.Abs(got-want) > 1e-15*math.Abs(want) {
			t.Errorf("entry %d is %v, expected %v", i, got, want)
		}
	}
	if m.Value(gorgonia.Must(gorgonia.Square(y))) != nil {
		t.Error("a node has a value before it was run")
	}
}

// TestMachineValuesAreTheirOwn reads interior nodes after a run, whose memory
// Gorgonia's tape machine would have given to other nodes.
func TestMachineValuesAreTheirOwn(t *testing.T) {
	g := gorgonia.NewGraph()
	x := variable(g, "x", tensor.Shape{2, 3}, rand.New(rand.NewPCG(1, 2)))
	nodes := gorgonia.Nodes{x}
	want := value.Float64s(x.Value())
	for range 5 {
		nodes = append(nodes, gorgonia.Must(gorgonia.Tanh(nodes[len(nodes)-1])))
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes[1:] {
		for i, got := range value.Float64s(m.Value(n)) {
			want[i] = math.Tanh(want[i])
			if math.Abs(got-want[i]) > 1e-15 || value.Float64s(n.Value())[i] != got {
				t.Errorf("node %v is %v, expected %v", n, got, want[i])
			}
		}
	}
}

// TestMachineGradientDoesNotAccumulate runs a graph twice: the gradient is that
// of the last run, for a gorgonia.Solver too.
func TestMachineGradientDoesNotAccumulate(t *testing.T) {
	g := gorgonia.NewGraph()
	x := variable(g, "x", tensor.Shape{2, 3}, rand.New(rand.NewPCG(1, 2)))
	before := value.Float64s(x.Value())
	d, err := graph.Differentiate(gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(x)))), x)
	if err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	for range 3 {
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
	}
	for i, got := range value.Float64s(m.Value(d[0])) {
		if got != 2*before[i] {
			t.Errorf("gradient %v, expected %v", got, 2*before[i])
		}
	}
	if err := gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.25)).Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{x})); err != nil {
		t.Fatal(err)
	}
	for i, got := range value.Float64s(x.Value()) {
		if got != before[i]/2 {
			t.Errorf("after the solver's step %v, expected %v", got, before[i]/2)
		}
	}
}

// TestMachineInputs gives inputs values in every way there is, or none.
func TestMachineInputs(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(2, 2), gorgonia.WithName("x"))
	gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(2, 2), gorgonia.WithName("unread"))
	y := gorgonia.Must(gorgonia.Add(x, x))
	m := graph.NewMachine(g)
	if err := m.Run(); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Fatalf("error %v, expected one that names the input without a value", err)
	}
	dense := func(x ...float64) *tensor.Dense {
		return tensor.New(tensor.WithShape(2, 2), tensor.WithBacking(x))
	}
	check := func(what string, want ...float64) {
		t.Helper()
		for i, got := range value.Float64s(m.Value(y)) {
			if got != want[i] {
				t.Errorf("%s: entry %d is %v, expected %v", what, i, got, want[i])
			}
		}
	}
	if err := gorgonia.Let(x, dense(1, 2, 3, 4)); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil { // goes on where it failed
		t.Fatal(err)
	}
	check("Let", 2, 4, 6, 8)
	if err := m.Let(x, dense(5, 6, 7, 8)); err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	check("Machine.Let", 10, 12, 14, 16)
	wide := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{0, 1, 2, 3, 4, 5}))
	columns, err := wide.Slice(nil, gorgonia.S(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	if err := gorgonia.Let(x, columns); err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	check("a slice of columns", 2, 4, 8, 10)
	for what, v := range map[string]gorgonia.Value{
		"shape":        tensor.New(tensor.WithShape(4), tensor.Of(tensor.Float64)),
		"element type": tensor.New(tensor.WithShape(2, 2), tensor.Of(tensor.Float32)),
		"nothing":      nil,
	} {
		if err := m.Let(x, v); err == nil {
			t.Errorf("Let of another %s succeeds", what)
		}
	}
	if err := m.Let(y, dense(1, 2, 3, 4)); err == nil {
		t.Error("Let of an interior node succeeds")
	}
	// A node of another graph is none of the machine's, whatever its number.
	other := gorgonia.NewMatrix(gorgonia.NewGraph(), gorgonia.Float64, gorgonia.WithShape(2, 2), gorgonia.WithName("x"))
	if err := m.Let(other, dense(1, 2, 3, 4)); err == nil || m.Value(other) != nil {
		t.Errorf("a node of another graph: value %v, Let with error %v, expected neither a value nor success", m.Value(other), err)
	}
}

// TestMachineErrors runs operations that fail.
func TestMachineErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		do   func([]gorgonia.Value) (gorgonia.Value, error)
		is   error
	}{
		{"error", func([]gorgonia.Value) (gorgonia.Value, error) { return nil, broken }, broken},
		{"panic", func([]gorgonia.Value) (gorgonia.Value, error) { panic("broken") }, nil},
		{"index", func(in []gorgonia.Value) (gorgonia.Value, error) { return in[7], nil }, nil},
	} {
		g := gorgonia.NewGraph()
		x := variable(g, "x", tensor.Shape{2, 3}, rand.New(rand.NewPCG(1, 2)))
		gorgonia.Must(gorgonia.ApplyOp(&userOp{id: 2, do: c.do}, x))
		for what, run := range map[string]func() error{"Run": graph.NewMachine(g).Run, "RunAll": graph.NewMachine(g).RunAll} {
			err := run()
			if err == nil || !strings.Contains(err.Error(), "user operation 2") {
				t.Errorf("%s of %s: error %v, expected one that names the operation", what, c.name, err)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%s of %s: the cause of %v is lost", what, c.name, err)
			}
		}
	}
}

// TestMachineAfterRemoval removes a node, which moves the others up.
func TestMachineAfterRemoval(t *testing.T) {
	g := gorgonia.NewGraph()
	rng := rand.New(rand.NewPCG(1, 2))
	x := variable(g, "x", tensor.Shape{2, 3}, rng)
	unread := variable(g, "unread", tensor.Shape{2, 3}, rng)
	w := variable(g, "w", tensor.Shape{3, 2}, rng)
	h := gorgonia.Must(gorgonia.Mul(x, w))
	graph.Reserve(g, 100)
	g.RemoveNode(unread)
	y := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Sigmoid(gorgonia.Must(gorgonia.Exp(h))))))
	d, err := graph.Differentiate(y, x, w)
	if err != nil {
		t.Fatal(err)
	}
	var want [3]gorgonia.Value
	for i, n := range append(gorgonia.Nodes{y}, d...) {
		gorgonia.Read(n, &want[i])
	}
	if err := gorgonia.NewTapeMachine(g).RunAll(); err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	for i, n := range append(gorgonia.Nodes{y}, d...) {
		for j, got := range value.Float64s(m.Value(n)) {
			if math.Abs(got-value.Float64s(want[i])[j]) > 1e-12 {
				t.Errorf("value %d is %v, the tape machine's %v", i, m.Value(n), want[i])
			}
		}
	}
}

// userOp is an operation of somebody else's on one matrix.
type userOp struct {
	id   int
	hash uint32
	do   func(in []gorgonia.Value) (gorgonia.Value, error)
}

func (o *userOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) { return o.do(in) }
func (o *userOp) Arity() int                                      { return 1 }
func (o *userOp) Type() hm.Type {
	t := gorgonia.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(t, t)
}
func (o *userOp) InferShape(d ...gorgonia.DimSizer) (tensor.Shape, error) {
	return d[0].(tensor.Shape).Clone(), nil
}
func (o *userOp) ReturnsPtr() bool      { return true }
func (o *userOp) CallsExtern() bool     { return false }
func (o *userOp) OverwritesInput() int  { return -1 }
func (o *userOp) WriteHash(h hash.Hash) { fmt.Fprint(h, o) }
func (o *userOp) Hashcode() uint32      { return o.hash }
func (o *userOp) String() string        { return fmt.Sprintf("user operation %d", o.id) }
