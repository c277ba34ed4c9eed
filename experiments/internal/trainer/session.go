package trainer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/ranks"
)

// session trains all runs of a command line, on one rank or on several. Rank 0 alone
// has a folder, and writes.
type session struct {
	exp         *Experiment
	cfg         Config
	flags       []string // see Results.Flags
	dir         string
	folder      *folder // nil on other ranks than the first, and without results
	fingerprint [sha256.Size]byte
	runs        []*run        // seed by seed, in the order of the variants
	log         *iterationLog // nil until the first model has been made
	examples    int           // number of training examples
	display     *display
	view        *view // nil without -live
	tensorboard bool  // event files are written
	ctx         context.Context
	stopped     bool // a solve, as the context is done
	ranks       *ranks.Group
	ended       bool // the session has ended on all ranks, which do not meet any more
}

// newSession returns a session without runs that displays nothing and has no folder.
func newSession(ctx context.Context, e *Experiment, cfg Config, group *ranks.Group) *session {
	return &session{exp: e, cfg: cfg, display: newDisplay(io.Discard, true), ctx: ctx, ranks: group}
}

// run is one of a session's.
type run struct {
	runID
	at      position
	epochs  []Epoch
	state   *ModelState // state to go on from, nil at the start
	failure error
	// exported says that this session has written the parameters for other programs.
	exported bool
	events   *events // nil but during training with -tensorboard
}

// RunError is the failure of one run.
type RunError struct {
	Variant   Variant
	Seed      uint64
	Epoch     int
	Iteration int // over the whole run
	Err       error
}

func (e *RunError) Error() string { return fmt.Sprintf("%s, %s", runID{e.Variant, e.Seed}, e.place()) }

func (e *RunError) place() string {
	return fmt.Sprintf("epoch %d, iteration %d: %v", e.Epoch, e.Iteration, e.Err)
}

// Unwrap returns what went wrong.
func (e *RunError) Unwrap() error { return e.Err }

// train trains all runs and prints the final table.
func train(ctx context.Context, e *Experiment, opt *options, group *ranks.Group, stdout, stderr io.Writer) error {
	if group.Rank() != 0 {
		return follow(ctx, e, opt, group)
	}
	s := newSession(ctx, e, opt.config, group)
	s.display = newDisplay(stderr, opt.quiet)
	defer s.display.end()
	err := s.announce(s.open(opt))
	defer s.view.close()
	if s.folder != nil {
		defer s.folder.close()
	}
	if err != nil {
		return err
	}
	err = s.trainAll()
	s.display.end()
	if s.log != nil {
		if err == nil {
			err = s.intact()
		}
		if cerr := s.log.close(); err == nil {
			err = cerr
		}
	}
	if err == nil {
		err = s.finish(stdout, opt.trace)
	}
	if err != nil && s.stopped {
		return errInterrupted
	}
	return err
}

// open takes the results folder, and sets the runs to where they begin.
func (s *session) open(opt *options) (err error) {
	s.dir, s.flags, s.tensorboard = opt.out, opt.flags, opt.tensorboard
	if s.view, err = newView(opt.live, s.exp, s.cfg); err != nil {
		return err
	}
	if s.folder, err = openFolder(s.dir, s.exp, &s.cfg, opt.resume); err != nil {
		return err
	}
	if n := s.cfg.AnnealEpochs; n != 0 && n != opt.config.AnnealEpochs {
		s.flags = append([]string{"-anneal-epochs", fmt.Sprint(n)}, s.flags...)
	}
	if s.fingerprint, err = s.cfg.fingerprint(s.exp.Name); err != nil {
		return err
	}
	s.addRuns()
	if opt.resume {
		if err := s.resume(); err != nil {
			return err
		}
	}
	if s.folder.extends && s.cfg.anneals() {
		s.display.printf("note: weights are annealed over %d epochs as before, and stay as they are then", s.cfg.Schedule())
	}
	if s.view != nil {
		s.display.printf("live: %s", s.view.server.URL())
		if !s.view.server.Local() {
			s.display.printf("note: -live shows the training to whoever reaches this machine")
		}
	}
	if !s.folder.Exclusive() {
		s.display.printf("note: the file system of %s has no locks, so nothing keeps a second process from writing there", s.dir)
	}
	if s.cfg.Dtype == "float32" && s.cfg.Tol < 0x1p-23 {
		s.display.printf("note: tolerance %.2g is below float32's epsilon %.2g, so error estimates hold rounding noise", s.cfg.Tol, 0x1p-23)
	}
	return nil
}

// finish writes what there is at the end, and returns an error if a run has failed.
func (s *session) finish(stdout io.Writer, trace bool) error {
	if err := s.publish(); err != nil {
		return err
	}
	if err := s.exportAgain(); err != nil {
		return err
	}
	if err := s.figures(true); err != nil {
		return err
	}
	results := s.results()
	if _, err := io.WriteString(stdout, plainTables(s.exp, results)); err != nil {
		return errors.Wrap(err, "cannot write to standard output")
	}
	if trace {
		if err := s.traces(); err != nil {
			return err
		}
	}
	if err := s.complete(); err != nil {
		return err
	}
	failed := 0
	for _, r := range s.runs {
		if r.failure != nil {
			failed++
		}
	}
	if failed > 0 {
		return errors.Errorf("%d of %d runs failed, see above", failed, len(s.runs))
	}
	return nil
}
