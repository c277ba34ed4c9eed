package trainer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/live"
	"github.com/regnde/regnde/graph/profile"
	"github.com/regnde/regnde/integrators"
)

// view is what -live shows, nil without it. The training keeps it and publishes
// copies, which never change: slices only grow, and others are made anew.
type view struct {
	server *live.Server
	now    snapshot
}

// snapshot is the state of a session at one time.
type snapshot struct {
	exp     *Experiment
	results Results
	at      time.Time
	pace    pace
	lines   []string // last lines of the log

	run       runID // run in training, none before the first
	epoch     int
	iteration int
	loss      []float64 // loss of the run's iterations in this session
	nfe       []float64
	first     int     // number of the first of them
	traces    []Trace // last predictions of runs with the same seed
	version   int     // changes with the results and the traces
}

// newView begins to serve at an address, or returns nil if that is empty.
func newView(address string, e *Experiment, cfg Config) (*view, error) {
	if address == "" {
		return nil, nil
	}
	server, err := live.Listen(address)
	if err != nil {
		return nil, err
	}
	if server.Local() { // which has profiles
		profile.Label(context.Background())
	}
	v := &view{server: server, now: snapshot{exp: e, results: Results{Experiment: e.Name, Config: cfg}}}
	v.publish()
	return v, nil
}

// close ends the server, if there is one.
func (v *view) close() {
	if v != nil {
		v.server.Close()
		profile.Unlabel()
	}
}

// publish shows the present state.
func (v *view) publish() {
	s := v.now
	s.at = time.Now()
	v.server.Publish(func() live.Page { return s.page(time.Now()) })
}

// start shows that a run begins or goes on.
func (v *view) start(r *run) {
	if v == nil {
		return
	}
	s := &v.now
	if s.run.seed != r.seed {
		s.traces = nil
	}
	s.run, s.epoch, s.iteration = r.runID, r.at.Epoch, r.at.Number
	s.loss, s.nfe, s.first = nil, nil, r.at.Number+1
	v.publish()
}

// step shows an iteration.
func (v *view) step(it Iteration, r Result, d *display) {
	if v == nil {
		return
	}
	s := &v.now
	s.epoch, s.iteration = it.Epoch, it.Number
	s.loss, s.nfe = append(s.loss, r.Loss), append(s.nfe, float64(r.NFE))
	s.pace, s.lines = d.pace, d.said
	v.publish()
}

// trace shows the steps of a prediction.
func (v *view) trace(id runID, steps []integrators.Step) {
	if v == nil {
		return
	}
	t := Trace{Variant: id.variant, Seed: id.seed, Trained: true, Steps: slices.Clone(steps)}
	traces := slices.DeleteFunc(slices.Clone(v.now.traces), func(u Trace) bool { return u.Variant == id.variant })
	v.now.traces = append(traces, t)
}

// results shows the records of epochs, and what has been said.
func (v *view) results(res Results, d *display) {
	if v == nil {
		return
	}
	v.now.results, v.now.pace, v.now.lines = res, d.pace, d.said
	v.now.version++
	v.publish()
}

// page is what the server shows.
func (s snapshot) page(now time.Time) live.Page {
	p := live.Page{Title: s.exp.Name, Facts: s.facts(now), Lines: s.lines, Data: s.data(now)}
	if t := summary(s.exp, s.results); len(t) > 1 {
		p.Table = t
	}
	add := func(name, title string, version int, draw func() figure.Figure) {
		p.Figures = append(p.Figures, live.Figure{Name: name, Title: title, Version: fmt.Sprint(version), Draw: draw})
	}
	if len(s.loss) > 1 {
		add("iterations", "Iterations of "+s.run.String(), s.iteration, s.iterations)
	}
	if len(p.Table) > 0 {
		add("nfe", "Evaluations in a prediction", s.version, func() figure.Figure { return nfeFigure(s.results) })
		add("loss", "Loss", s.version, func() figure.Figure { return lossFigure(s.exp, s.results) })
		if s.exp.Classes {
			add("accuracy", "Accuracy", s.version, func() figure.Figure { return accuracyFigure(s.results) })
		}
	}
	if len(s.traces) > 0 {
		add("trace", fmt.Sprintf("Steps of the last predictions, seed %d", s.traces[0].Seed), s.version, func() figure.Figure { return TraceFigure(s.traces) })
	}
	return p
}

// facts say where the session is.
func (s snapshot) facts(now time.Time) []live.Fact {
	if s.run == (runID{}) {
		return []live.Fact{{Name: "state", Value: "making the first model"}}
	}
	facts := []live.Fact{
		{Name: "run", Value: s.run.String()},
		{Name: "epoch", Value: fmt.Sprintf("%d of %d", s.epoch, s.results.Config.Epochs)},
		{Name: "iteration", Value: fmt.Sprint(s.iteration)},
	}
	if n := len(s.loss); n > 0 {
		facts = append(facts,
			live.Fact{Name: s.exp.loss(), Value: Significant(4)(s.loss[n-1])},
			live.Fact{Name: "NFE", Value: fmt.Sprint(s.nfe[n-1])})
	}
	if left := s.pace.remaining(s.at); left > 0 {
		facts = append(facts, live.Fact{Name: "left, of all runs", Value: "about " + coarse(left)})
	}
	return append(facts, live.Fact{Name: "last news", Value: coarse(now.Sub(s.at)) + " ago"})
}

// data is what data.json holds.
func (s snapshot) data(now time.Time) any {
	type progress struct {
		Variant   Variant `json:"variant,omitempty"`
		Seed      uint64  `json:"seed"`
		Epoch     int     `json:"epoch"`
		Iteration int     `json:"iteration"`
		Left      int     `json:"iterations_left"`      // of all runs
		Remaining float64 `json:"seconds_left"`         // estimate
		Silence   float64 `json:"seconds_since_update"` // time since there was something new
	}
	type iterations struct {
		First int       `json:"first"` // number of the first iteration of this session
		Loss  []float64 `json:"loss"`
		NFE   []float64 `json:"nfe"`
	}
	return struct {
		Progress   progress   `json:"progress"`
		Iterations iterations `json:"iterations"` // of the run in training
		Results    Results    `json:"results"`
	}{
		progress{
			s.run.variant, s.run.seed, s.epoch, s.iteration,
			s.pace.left, s.pace.remaining(s.at).Seconds(), now.Sub(s.at).Seconds(),
		},
		iterations{s.first, s.loss, s.nfe}, s.results,
	}
}

// mostPoints bounds those of a line of the figure of iterations.
const mostPoints = 250

// iterations draws loss and NFE over the iterations, or their means over as many as
// make a point, with the range.
func (s snapshot) iterations() figure.Figure {
	f := figure.Figure{}
	for _, q := range []struct {
		label string
		y     []float64
	}{{s.exp.loss(), s.loss}, {"NFE (evaluations in training)", s.nfe}} {
		line := figure.Series{Like: string(s.run.variant), Solid: true}
		n := (len(q.y) + mostPoints - 1) / mostPoints
		for from := 0; from < len(q.y); from += n {
			part := q.y[from:min(from+n, len(q.y))]
			sum := 0.0
			for _, y := range part {
				sum += y
			}
			line.X = append(line.X, float64(s.first+from)+float64(len(part)-1)/2)
			line.Y = append(line.Y, sum/float64(len(part)))
			line.Low, line.High = append(line.Low, slices.Min(part)), append(line.High, slices.Max(part))
		}
		if n == 1 {
			line.Low, line.High = nil, nil
		}
		f.Panels = append(f.Panels, figure.Panel{
			XLabel: "iteration", YLabel: q.label, IntegerX: true, Series: []figure.Series{line},
			LogY: slices.Max(q.y) > 20*slices.Min(q.y),
		})
	}
	return f
}
