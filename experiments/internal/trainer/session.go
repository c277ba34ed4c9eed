package trainer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

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
	display     *display
}

// run is one of a session's.
type run struct {
	runID
	at      position
	epochs  []Epoch
	state   *ModelState // to go on from, nil at the start
	failure error
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
	folder, err := openFolder(opt.out, e, &cfg, opt.resume)
	if err != nil {
		return err
	}
	defer folder.close()
	if n := cfg.AnnealEpochs; n != 0 && n != opt.config.AnnealEpochs {
		flags = append([]string{"-anneal-epochs", fmt.Sprint(n)}, flags...)
	}
	s := &session{exp: e, cfg: cfg, flags: flags, dir: opt.out, folder: folder, display: newDisplay(stderr, opt.quiet)}
	if s.fingerprint, err = cfg.fingerprint(e.Name); err != nil {
		return err
	}
	if err := s.addRuns(opt.resume); err != nil {
		return err
	}
	if folder.extends && cfg.anneals() {
		s.display.printf("note: weights are annealed over %d epochs as before, and stay as they are then", cfg.Schedule())
	}
	if !folder.Exclusive() {
		s.display.printf("note: the file system of %s has no locks, so nothing keeps a second process from writing there", s.dir)
	}
	if cfg.Dtype == "float32" && cfg.Tol < 0x1p-23 {
		s.display.printf("note: tolerance %.2g is below float32's epsilon %.2g, so error estimates hold rounding noise", cfg.Tol, 0x1p-23)
	}

	err = s.trainAll(ctx)
	if s.log != nil {
		if err == nil {
			err = s.intact()
		}
		if cerr := s.log.close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return err
	}
	if err := s.publish(); err != nil {
		return err
	}
	if err := s.figures(true); err != nil {
		return err
	}
	results := s.results()
	if _, err := io.WriteString(stdout, plainTables(e, results)); err != nil {
		return errors.Wrap(err, "cannot write to standard output")
	}
	if opt.trace {
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

// addRuns sets the runs to their start, or to their checkpoints.
func (s *session) addRuns(resume bool) error {
	resumed := false
	for _, seed := range s.cfg.Seeds {
		for _, v := range s.cfg.Variants {
			r := &run{runID: runID{v, seed}, at: position{Epoch: 1}, epochs: []Epoch{}}
			s.runs = append(s.runs, r)
			if !resume {
				continue
			}
			path := checkpointPath(s.dir, r.runID)
			c, err := readCheckpoint(path)
			if err != nil {
				return err
			}
			if c == nil {
				continue
			}
			if r.epochs, err = c.epochs(s.exp.Name, s.fingerprint, r.runID, s.cfg.Epochs); err != nil {
				return errors.Wrap(err, path)
			}
			r.at, r.state = c.Position, &c.Model
			resumed = true
		}
	}
	if resume && !resumed {
		s.display.printf("no checkpoint in %s, starting at the beginning", s.dir)
	}
	return nil
}

// trainAll trains one run after the other. A run that fails does not keep the
// others from running. Other errors, of files or of a model that cannot be made,
// end the session.
func (s *session) trainAll(ctx context.Context) error {
	for i, r := range s.runs {
		if r.at.Epoch > s.cfg.Epochs {
			continue
		}
		err := s.train(ctx, r)
		var failure *RunError
		switch {
		case errors.As(err, &failure):
			r.failure = failure
			s.display.printf("%s: %s", s.exp.Name, Clip(failure.Error(), MaxMessage))
		case err == errInterrupted:
			if err := s.publish(); err != nil {
				return err
			}
			if err := s.figures(true); err != nil {
				return err
			}
			return errInterrupted
		case err != nil:
			return err
		}
		if err := s.publish(); err != nil {
			return err
		}
		if i == len(s.runs)-1 {
			break // the caller draws
		}
		if err := s.figures(false); err != nil {
			return err
		}
	}
	return nil
}

// begin opens the log, and claims the folder with results.json. It waits for the
// first model, so that an experiment that cannot even start leaves no trace.
func (s *session) begin(m Model) (err error) {
	if s.log != nil {
		return nil
	}
	done := make(map[runID]int)
	for _, r := range s.runs {
		done[r.runID] = r.at.Number
	}
	if s.log, err = openLog(filepath.Join(s.dir, logFile), done); err != nil {
		return err
	}
	if n := s.log.missing; n > 0 {
		s.display.printf("note: %s lacks %d of the iterations that were done before", logFile, n)
	}
	if n := m.Examples(); s.cfg.Limit > n {
		s.display.printf("note: -limit is %d, but there are %d training examples", s.cfg.Limit, n)
	}
	return s.publish()
}

// intact flushes the log and returns an error if the folder or the log is no longer
// what this session writes to: whatever is written then would be lost, or be found
// beside files of others.
func (s *session) intact() error {
	if err := s.folder.check(); err != nil {
		return err
	}
	if err := s.log.flush(); err != nil {
		return err
	}
	return s.log.check()
}

// complete returns an error if a file that the session has written is gone.
func (s *session) complete() error {
	if err := s.folder.check(); err != nil {
		return err
	}
	files := []string{resultsFile, tableFile}
	if s.log != nil {
		files = append(files, logFile)
	}
	for _, r := range s.runs {
		if len(r.epochs) > 0 {
			files = append(files, checkpointName(r.runID))
		}
	}
	for _, name := range files {
		path := filepath.Join(s.dir, name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return errors.Errorf("%s was removed during the run", path)
		}
	}
	return nil
}

// results returns what results.json holds.
func (s *session) results() Results {
	res := Results{
		Experiment: s.exp.Name, Preset: s.cfg.Preset, Flags: s.flags, Config: s.cfg, Machine: thisMachine(),
		Runs: []Run{},
	}
	for _, r := range s.runs {
		if len(r.epochs) == 0 && r.failure == nil {
			continue
		}
		run := Run{Variant: r.variant, Seed: r.seed, Epochs: r.epochs, Final: final(r.epochs)}
		var failure *RunError
		if errors.As(r.failure, &failure) {
			run.Error = Clip(failure.place(), MaxMessage)
		}
		res.Runs = append(res.Runs, run)
	}
	return res
}

// publish writes the results so far.
func (s *session) publish() error {
	if err := s.folder.check(); err != nil {
		return err
	}
	results := s.results()
	if err := results.write(filepath.Join(s.dir, resultsFile)); err != nil {
		return err
	}
	return writeTable(filepath.Join(s.dir, tableFile), s.exp, results)
}
