package trainer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/pkg/errors"
)

// session trains all runs of a command line.
type session struct {
	exp         *Experiment
	cfg         Config
	flags       []string // see Results.Flags
	dir         string
	folder      *folder
	fingerprint [sha256.Size]byte
	runs        []*run        // seed by seed, in the order of the variants
	log         *iterationLog // nil until the first model has been made
	examples    int           // number of training examples
	display     *display
	view        *view // nil without -live
	tensorboard bool  // event files are written
	ctx         context.Context
	stopped     bool // a solve, as the context is done
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
func train(ctx context.Context, e *Experiment, opt *options, stdout, stderr io.Writer) error {
	cfg, flags := opt.config, opt.flags
	view, err := newView(opt.live, e, cfg)
	if err != nil {
		return err
	}
	defer view.close()
	folder, err := openFolder(opt.out, e, &cfg, opt.resume)
	if err != nil {
		return err
	}
	defer folder.close()
	if n := cfg.AnnealEpochs; n != 0 && n != opt.config.AnnealEpochs {
		flags = append([]string{"-anneal-epochs", fmt.Sprint(n)}, flags...)
	}
	s := &session{exp: e, cfg: cfg, flags: flags, dir: opt.out, folder: folder, display: newDisplay(stderr, opt.quiet), view: view, tensorboard: opt.tensorboard, ctx: ctx}
	defer s.display.end()
	if s.fingerprint, err = cfg.fingerprint(e.Name); err != nil {
		return err
	}
	if err := s.addRuns(opt.resume); err != nil {
		return err
	}
	if folder.extends && cfg.anneals() {
		s.display.printf("note: weights are annealed over %d epochs as before, and stay as they are then", cfg.Schedule())
	}
	if view != nil {
		s.display.printf("live: %s", view.server.URL())
		if !view.server.Local() {
			s.display.printf("note: -live shows the training to whoever reaches this machine")
		}
	}
	if !folder.Exclusive() {
		s.display.printf("note: the file system of %s has no locks, so nothing keeps a second process from writing there", s.dir)
	}
	if cfg.Dtype == "float32" && cfg.Tol < 0x1p-23 {
		s.display.printf("note: tolerance %.2g is below float32's epsilon %.2g, so error estimates hold rounding noise", cfg.Tol, 0x1p-23)
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

// finish writes what there is at the end, and returns an error if a run has failed.
func (s *session) finish(stdout io.Writer, trace bool) error {
	if err := s.publish(); err != nil {
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
