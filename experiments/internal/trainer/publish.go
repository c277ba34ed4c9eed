package trainer

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// begin opens the log, and claims the folder with results.json. It waits for the
// first model, so that an experiment that cannot even start leaves no trace.
func (s *session) begin(m Model) (err error) {
	if s.folder == nil || s.log != nil {
		return nil
	}
	done := make(map[runID]int)
	for _, r := range s.runs {
		done[r.runID] = r.at.Number
	}
	if s.log, err = openLog(filepath.Join(s.dir, logFile), logColumns(s.cfg.Ranks), done); err != nil {
		return err
	}
	if n := s.log.missing; n > 0 {
		s.display.printf("note: %s lacks %d of the iterations that were done before", logFile, n)
	}
	s.examples = m.Examples()
	if n := s.examples; s.cfg.Limit > n {
		s.display.printf("note: -limit is %d, but there are %d training examples", s.cfg.Limit, n)
	}
	total := 0
	for _, r := range s.runs {
		total += s.left(r)
	}
	s.display.begin(total)
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
		if r.exported {
			files = append(files, exportName(r.runID))
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
	if s.folder == nil {
		return nil
	}
	if err := s.folder.check(); err != nil {
		return err
	}
	results := s.results()
	s.view.results(results, s.display)
	if err := results.write(filepath.Join(s.dir, resultsFile)); err != nil {
		return err
	}
	return writeTable(filepath.Join(s.dir, tableFile), s.exp, results)
}
