package trainer

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/atomicfile"
	"github.com/regnde/regnde/integrators"
)

// Trace is the attempted steps of one prediction, see Model.Predict.
type Trace struct {
	Variant Variant
	Seed    uint64
	Trained bool // the prediction is after the last epoch, otherwise before the first
	Steps   []integrators.Step
}

const (
	traceFile   = "trace.csv"
	traceHeader = "variant,seed,when,attempt,t,h,error,stiffness,accepted"
	// stiffColumn is one more column where a method switched: whether the step was by
	// the stiff method.
	stiffColumn = ",stiff"
)

// traces solves with the initial and with the final model of every run that has
// come to its end, and writes trace.csv and the figure. The models are made
// anew, the final ones from checkpoints, so that training never knows of it.
func (s *session) traces() error {
	var traces []Trace
	for _, r := range s.runs {
		if r.at.Epoch <= s.cfg.Epochs {
			continue
		}
		t, err := s.traceRun(r.runID)
		if err != nil {
			return errors.Wrapf(err, "%s: cannot trace", r)
		}
		traces = append(traces, t...)
	}
	err := atomicfile.Write(filepath.Join(s.dir, traceFile), func(w io.Writer) error {
		return writeTraces(w, traces)
	})
	if err != nil || s.exp.noFigures {
		return err
	}
	return s.saveFigure("trace", TraceFigure(traces))
}

// traceRun returns the traces before and after the training of a run.
func (s *session) traceRun(id runID) ([]Trace, error) {
	model, c, err := s.restored(id)
	if err != nil {
		return nil, err
	}
	before, err := model.Predict()
	if err != nil {
		return nil, errors.Wrap(err, "before training")
	}
	if err := model.SetState(c.Model); err != nil {
		return nil, err
	}
	after, err := model.Predict()
	if err != nil {
		return nil, errors.Wrap(err, "after training")
	}
	return []Trace{
		{id.variant, id.seed, false, before.Steps},
		{id.variant, id.seed, true, after.Steps},
	}, nil
}

// ReadTraces reads a trace.csv.
func ReadTraces(path string) ([]Trace, error) {
	text, err := atomicfile.Read(path, MaxResults)
	if err != nil {
		return nil, errors.Wrap(err, "cannot read traces")
	}
	traces, err := parseTraces(string(text))
	return traces, errors.Wrap(err, path)
}

func parseTraces(text string) ([]Trace, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	stiff := lines[0] == traceHeader+stiffColumn
	if lines[0] != traceHeader && !stiff {
		return nil, errors.Errorf("line 1 is %.80q, expected %q", lines[0], traceHeader)
	}
	var traces []Trace
	for i, line := range lines[1:] {
		t, attempt, err := parseStep(line, stiff)
		if err != nil {
			return nil, errors.Wrapf(err, "line %d", i+2)
		}
		if attempt == 1 {
			traces = append(traces, t)
			continue
		}
		if len(traces) == 0 {
			return nil, errors.Errorf("line %d: attempt %d, expected 1", i+2, attempt)
		}
		last := &traces[len(traces)-1]
		if last.Variant != t.Variant || last.Seed != t.Seed || last.Trained != t.Trained || attempt != len(last.Steps)+1 {
			return nil, errors.Errorf("line %d: attempt %d, expected 1 or attempt %d of the solve before", i+2, attempt, len(last.Steps)+1)
		}
		last.Steps = append(last.Steps, t.Steps[0])
	}
	return traces, nil
}

// parseStep returns a line as a trace of one step. The line may have a column that
// says whether it was stiff.
func parseStep(line string, stiff bool) (t Trace, attempt int, err error) {
	fields := strings.Split(line, ",")
	want := strings.Count(traceHeader, ",") + 1
	if stiff {
		want++
	}
	if len(fields) != want {
		return t, 0, errors.Errorf("%d fields, expected %d", len(fields), want)
	}
	t.Variant = Variant(fields[0])
	if t.Seed, err = strconv.ParseUint(fields[1], 10, 64); err != nil {
		return t, 0, errors.Wrap(err, "seed")
	}
	switch fields[2] {
	case "before":
	case "after":
		t.Trained = true
	default:
		return t, 0, errors.Errorf("%.20q, expected before or after", fields[2])
	}
	if attempt, err = strconv.Atoi(fields[3]); err != nil || attempt < 1 {
		return t, 0, errors.Errorf("attempt %.20q, expected a positive number", fields[3])
	}
	var x [4]float64
	for i := range x {
		if x[i], err = strconv.ParseFloat(fields[4+i], 64); err != nil {
			return t, 0, errors.Wrap(err, "step")
		}
	}
	s := integrators.Step{T: x[0], H: x[1], E: x[2], S: x[3]}
	if s.Accepted, err = strconv.ParseBool(fields[8]); err != nil {
		return t, 0, errors.Wrap(err, "accepted")
	}
	if stiff {
		if s.Stiff, err = strconv.ParseBool(fields[9]); err != nil {
			return t, 0, errors.Wrap(err, "stiff")
		}
	}
	t.Steps = []integrators.Step{s}
	return t, attempt, nil
}

// switches reports whether a method that switches took stiff steps.
func (t Trace) switches() bool {
	return slices.ContainsFunc(t.Steps, func(s integrators.Step) bool { return s.Stiff })
}

// writeTraces writes a line for every attempted step. The error of a step whose
// result is not finite is NaN.
func writeTraces(w io.Writer, traces []Trace) error {
	header, stiff := traceHeader, slices.ContainsFunc(traces, Trace.switches)
	if stiff {
		header += stiffColumn
	}
	if _, err := fmt.Fprintln(w, header); err != nil {
		return err
	}
	for _, t := range traces {
		when := "before"
		if t.Trained {
			when = "after"
		}
		for i, step := range t.Steps {
			line := fmt.Sprintf("%s,%d,%s,%d,%s,%s,%s,%s,%t", t.Variant, t.Seed, when, i+1,
				float(step.T), float(step.H), float(step.E), float(step.S), step.Accepted)
			if stiff {
				line = fmt.Sprintf("%s,%t", line, step.Stiff)
			}
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
	}
	return nil
}
