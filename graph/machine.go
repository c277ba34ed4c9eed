package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/exclusive"
	"github.com/regnde/regnde/graph/internal/raw"
)

// A Machine evaluates any Gorgonia graph, in time linear in its nodes, and
// incrementally: nodes added after a run are evaluated without running the
// rest again. That is what lets an integrator look at a step before it decides
// what to add next.
//
// It is a gorgonia.VM. Unlike Gorgonia's tape machine it never reuses the
// memory of a node that can be read afterwards, so the value of every node is
// its own.
//
// A Machine is for one goroutine at a time: ErrInUse.
type Machine struct {
	g   *gorgonia.ExprGraph
	use exclusive.Use
	table
	regs     registers
	programs []*program
	planned  int   // number of nodes that are in programs, the first ones
	ran      int   // number of programs that have been run, the first ones
	inputs   []int // nodes without an operation
	bound    int   // number of inputs whose value is in its register, the first ones
	work     workspace
}

var _ gorgonia.VM = (*Machine)(nil)

// NewMachine returns a machine for g. It panics if g is nil.
func NewMachine(g *gorgonia.ExprGraph) *Machine {
	if g == nil {
		panic("graph: a machine for a graph that is nil")
	}
	return &Machine{g: g, table: table{valued: true}}
}

// Run evaluates the nodes added since the last Run. The inputs among them need
// values, given with gorgonia.Let or at their creation.
func (m *Machine) Run() error {
	if err := m.use.Begin("machine"); err != nil {
		return err
	}
	defer m.use.End()
	return m.run()
}

func (m *Machine) run() error {
	m.plan(func(int) bool { return true })
	if err := m.bind(); err != nil {
		return err
	}
	for ; m.ran < len(m.programs); m.ran++ {
		if err := m.programs[m.ran].run(&m.regs); err != nil {
			return err
		}
	}
	return nil
}

// RunAll evaluates all nodes anew from the present values of the inputs, and
// binds their values to the nodes.
func (m *Machine) RunAll() error {
	if err := m.use.Begin("machine"); err != nil {
		return err
	}
	defer m.use.End()
	m.bound, m.ran = 0, 0
	if err := m.run(); err != nil {
		return err
	}
	for id, n := range m.nodes {
		if n == nil || m.kind[id] == leaf || m.regs.values[id] == nil {
			continue
		}
		// Fails only for shapes that Gorgonia inferred wrongly; the value can be
		// read with Value all the same.
		_ = gorgonia.UnsafeLet(n, m.regs.values[id])
	}
	return nil
}

// bind takes over the values of inputs. Those that nobody reads need none.
func (m *Machine) bind() error {
	for ; m.bound < len(m.inputs); m.bound++ {
		id := m.inputs[m.bound]
		v := m.nodes[id].Value()
		if v == nil && m.read[id] {
			return errors.Errorf("input %q has no value, expected one by Let", m.nodes[id].Name())
		}
		m.regs.set(id, raw.Contiguous(v))
	}
	return nil
}

// plan plans the new nodes, keeping the values of those that keep names.
func (m *Machine) plan(keep func(id int) bool) *program {
	m.extend(m.g)
	end := len(m.nodes)
	m.regs.grow(end)
	for id := m.planned; id < end; id++ {
		switch n := m.nodes[id]; {
		case n == nil:
		case n.Op() == nil:
			m.inputs = append(m.inputs, id)
		case m.kind[id] == leaf:
			m.regs.set(id, n.Value()) // a constant
		}
	}
	p := newPlan(&m.table, m.planned, end, func(id int) bool { return m.kind[id] != leaf && keep(id) }, nil)
	for _, id := range p.kept {
		m.regs.set(id, raw.New(m.nodes[id].Dtype(), m.nodes[id].Shape()))
	}
	for _, s := range p.scratch {
		m.regs.set(s.reg, m.work.place(m.nodes[s.reg], s.block))
	}
	m.planned = end
	m.programs = append(m.programs, p)
	return p
}

// Value returns the value of a node after a run, nil if it has none, is nil or is of
// another graph.
// The machine may overwrite it in its next run.
func (m *Machine) Value(n *gorgonia.Node) gorgonia.Value {
	if n == nil || n.Graph() != m.g {
		return nil
	}
	if id := int(n.ID()); id < len(m.regs.values) {
		return m.regs.values[id]
	}
	return nil
}

// Let gives an input a value for the coming runs. The machine refers to v.
func (m *Machine) Let(n *gorgonia.Node, v gorgonia.Value) error {
	if n == nil {
		return errors.New("let: the node is nil, expected an input")
	}
	if n.Graph() != m.g {
		return errors.Errorf("let: node %d (%s) is of another graph than the machine's", n.ID(), n.Name())
	}
	if n.Op() != nil {
		return errors.Errorf("let: node %d (%s) is computed, expected an input", n.ID(), n.Name())
	}
	if !raw.Fits(v, n.Dtype(), n.Shape()) {
		return errors.Errorf("let: the value of input %s does not fit, expected contiguous %v of %v", n.Name(), n.Shape(), n.Dtype())
	}
	if id := int(n.ID()); id < len(m.regs.values) {
		m.regs.set(id, v)
	}
	return gorgonia.UnsafeLet(n, v)
}

// Reset does nothing: every RunAll starts from the inputs.
func (m *Machine) Reset() {}

// Close does nothing: the machine holds memory only.
func (m *Machine) Close() error { return nil }

// bytes returns the memory of the registers that the machine owns.
func (m *Machine) bytes() int {
	n := m.work.bytes()
	for _, p := range m.programs {
		for _, id := range p.kept {
			n += m.nodes[id].Shape().TotalSize() * int(m.nodes[id].Dtype().Size())
		}
	}
	return n
}
