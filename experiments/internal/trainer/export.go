package trainer

import (
	stderrors "errors"
	"io/fs"
	"os"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/atomicfile"
)

// export writes the parameters of a run for other programs.
func (s *session) export(r *run, model Model) error {
	if s.folder == nil {
		return nil
	}
	if err := s.folder.check(); err != nil {
		return err
	}
	if err := atomicfile.Write(exportPath(s.dir, r.runID), model.Export); err != nil {
		return err
	}
	r.exported = true
	return nil
}

// exportAgain writes the parameters of runs that had ended before this session, if their
// files are gone, from the checkpoints.
func (s *session) exportAgain() error {
	for _, r := range s.runs {
		if s.folder == nil || r.at.Epoch <= s.cfg.Epochs || r.exported {
			continue
		}
		path := exportPath(s.dir, r.runID)
		if _, err := os.Stat(path); !stderrors.Is(err, fs.ErrNotExist) {
			continue
		}
		model, c, err := s.restored(r.runID)
		if err == nil {
			err = model.SetState(c.Model)
		}
		if err == nil {
			err = s.export(r, model)
		}
		if err != nil {
			return errors.Wrapf(err, "%s: cannot export", r)
		}
		s.display.printf("%s was gone, and is made anew from the checkpoint", path)
	}
	return nil
}

// restored makes the model of a run anew, and reads the checkpoint that it can be set to.
func (s *session) restored(id runID) (Model, *checkpoint, error) {
	c, err := readCheckpoint(checkpointPath(s.dir, id))
	if err != nil {
		return nil, nil, err
	}
	if c == nil {
		return nil, nil, errors.New("its checkpoint is gone")
	}
	model, err := s.model(id)
	return model, c, err
}
