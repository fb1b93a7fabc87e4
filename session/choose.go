package session

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// UnfitError means that the given files have no Download Agent for the phone.
type UnfitError struct {
	Loader *brom.Info
	Chip   string   // of the phone
	Fit    []string // paths of other files that have an agent for it, beside the given file or in the firmware package
	Err    error
}

func (e *UnfitError) Error() string { return e.Err.Error() }
func (e *UnfitError) Unwrap() error { return e.Err }

// tellFiles sends the notices about the files, before there is a phone.
func (s *search) tellFiles() {
	if s.firmware != nil {
		s.tell(Packed{s.firmware.path, s.firmware.taken, s.firmware.lacks()})
	}
	if s.agents.Path != "" {
		s.tell(Readable{s.agents, s.agents.Chips()})
	}
	for _, p := range s.agents.Doubts() {
		s.tell(Odd{p})
	}
}

// Doubts returns what is wrong with the files, also with those that cannot be used.
func (s *AgentSearch) Doubts() (out flash.Problems) {
	out = append(out, s.Problems...)
	for _, bad := range s.Broken {
		out.Add(flash.Warning, bad.Path, "%v", bad.Err)
	}
	for _, f := range s.Files {
		for _, p := range f.Problems {
			p.Place = f.Name + ": " + p.Place
			out = append(out, p)
		}
	}
	return out
}

// chooseAgents returns the file of agents and the agent in it for the phone. The error is an *UnfitError.
func (s *search) chooseAgents(ctx context.Context, phone *brom.Info) (*FoundAgents, da.Choice, error) {
	f, agent, err := s.agents.For(phone.HWCode, phone.HWVersion, phone.SWVersion)
	switch {
	case errors.Is(err, da.ErrNoAgent):
		chip, _ := brom.Lookup(phone.HWCode)
		chip.HWCode = phone.HWCode
		err = &UnfitError{phone, chip.Name(), s.others(ctx, phone), err}
	case err == nil && len(s.agents.Files) > 1:
		s.tell(Chosen{f, agent})
	}
	return f, agent, err
}

// others returns the files that have an agent for a phone, where the user may not have looked: beside the
// given file, and in the firmware package.
func (s *search) others(ctx context.Context, phone *brom.Info) (fit []string) {
	look := func(path string, members *source.Members, err error) {
		if err != nil {
			return // it is only a help
		}
		found, err := agentsIn(ctx, path, members)
		if err != nil {
			return
		}
		for len(found.Files) > 0 { // the best one first
			f, _, err := found.For(phone.HWCode, phone.HWVersion, phone.SWVersion)
			if err != nil {
				return
			}
			fit = append(fit, found.PathOf(f))
			found.Files = slices.DeleteFunc(found.Files, func(g *FoundAgents) bool { return f == g })
		}
	}
	if s.firmware != nil && s.firmware.agents == nil {
		look(s.firmware.path, s.firmware.members, nil)
	}
	if s.agents.Path != "" && !s.agents.Searched {
		dir := filepath.Dir(s.agents.Path)
		members, err := source.OpenMembers(ctx, dir, source.Options{}, 0)
		look(dir, members, err)
		if err == nil {
			members.Close()
		}
	}
	return fit
}

// keepScatter keeps the scatter file of the firmware package for the phone's tables.
func (s *search) keepScatter(p *Phone) error {
	if s.firmware == nil || s.firmware.scatter == "" {
		return nil
	}
	text, err := io.ReadAll(io.NewSectionReader(s.firmware.text, 0, s.firmware.text.Size()))
	if err == nil {
		p.scatter, p.scatterText = s.firmware.scatter, text
	}
	return err
}
