package trainer

import (
	"bytes"
	"context"
	"encoding/gob"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/ranks"
)

// plan is what rank 0 tells the others before training: what it has found in the
// results folder, which none of them reads or writes.
type plan struct {
	AnnealEpochs int
	Runs         []planned
}

// planned is where a run begins.
type planned struct {
	At    position
	State *ModelState
}

// announce tells the other ranks where the runs begin, or that rank 0 cannot begin.
func (s *session) announce(failed error) error {
	if s.ranks.Size() == 1 {
		return failed
	}
	var text bytes.Buffer
	if failed == nil {
		p := plan{AnnealEpochs: s.cfg.AnnealEpochs}
		for _, r := range s.runs {
			p.Runs = append(p.Runs, planned{r.at, r.state})
		}
		if err := gob.NewEncoder(&text).Encode(p); err != nil {
			return errors.Wrap(err, "plan")
		}
	}
	_, err := s.ranks.Broadcast(s.ctx, text.Bytes())
	if failed == nil && err != nil {
		return s.lose(err)
	}
	return failed
}

// follow trains on a rank other than 0, which writes nothing.
func follow(ctx context.Context, e *Experiment, opt *options, group *ranks.Group) error {
	s := newSession(ctx, e, opt.config, group)
	text, err := group.Broadcast(ctx, nil)
	if err != nil {
		return s.lose(err)
	}
	if len(text) == 0 {
		return errors.New("rank 0 cannot begin")
	}
	var p plan
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&p); err != nil {
		return errors.Wrap(err, "plan")
	}
	s.cfg.AnnealEpochs = p.AnnealEpochs
	s.addRuns()
	for i, r := range s.runs {
		r.at, r.state = p.Runs[i].At, p.Runs[i].State
	}
	return s.trainAll()
}
