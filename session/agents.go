package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// The limits of a search for agents.
const (
	maxAgentFile = 256 << 20 // bytes of a file of agents; real ones have less than 40 MiB
	maxAgents    = 64        // files of agents in one folder
	agentMagic   = "MTK_DOWNLOAD_AGENT"
)

// agentName matches the names that makers give to files of agents. In an archive such a file may be
// encrypted, and then its bytes do not say what it is.
var agentName = regexp.MustCompile(`(?i)(^|_)da(_.*)?\.bin$`)

// AgentFile identifies a file of Download Agents.
type AgentFile struct {
	Name   string // its name in the folder or archive that was searched, or its base name
	ID     string // the id text in the file
	SHA256 string
}

// FoundAgents is a file of Download Agents that can be used. Its container may have problems.
type FoundAgents struct {
	AgentFile
	Path string // "" in an archive
	Size int64  // bytes
	*da.Container
}

// AgentSearch are the files of Download Agents at a path: a file, or those of a folder or an archive.
type AgentSearch struct {
	Path     string
	Searched bool // it is a folder or an archive
	Files    []*FoundAgents
	Broken   []*FileError // files of agents of which no agent can be used
	Others   int          // files that are not of agents
	More     bool         // there are more files than were looked at
	Problems flash.Problems

	members *source.Members
}

// FindAgents finds the files of Download Agents at a path. A file that is not of agents is a *FileError; a
// folder without agents is no error.
func FindAgents(ctx context.Context, path string) (*AgentSearch, error) {
	members, err := source.OpenMembers(ctx, path, source.Options{}, source.Deep)
	if err != nil {
		return nil, err
	}
	s, err := agentsIn(ctx, path, members)
	if err != nil {
		members.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the files.
func (s *AgentSearch) Close() {
	if s.members != nil {
		s.members.Close() // they were only read
	}
}

// agentsIn finds the files of agents among members. Closing the result closes the members.
func agentsIn(ctx context.Context, path string, members *source.Members) (*AgentSearch, error) {
	s := &AgentSearch{Path: path, Searched: !members.Single, More: members.More, Problems: members.Problems, members: members}
	for _, m := range members.List {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch {
		case s.Searched && !m.Starts(agentMagic) && !(m.Path == "" && agentName.MatchString(m.Name)):
			s.Others++
			continue
		case len(s.Files)+len(s.Broken) == maxAgents:
			s.More = true
			return s, nil
		}
		found, err := openAgents(ctx, m)
		bad, damaged := errors.AsType[*FileError](err)
		switch {
		case err == nil:
			s.Files = append(s.Files, found)
		case damaged && !bad.Alien:
			s.Broken = append(s.Broken, bad)
		case s.Searched && damaged:
			s.Others++
		default:
			return nil, err
		}
	}
	return s, nil
}

// openAgents reads a file of agents. If none of them can be used, the error is a *FileError.
func openAgents(ctx context.Context, m *source.Member) (*FoundAgents, error) {
	path := m.Path
	if path == "" {
		path = m.Name
	}
	limit := int64(maxAgentFile)
	if !m.Starts(agentMagic) {
		limit = m.Size // it says what it is not
	}
	img, err := m.Open(ctx, limit)
	if err != nil {
		return nil, &FileError{Path: path, Kind: AgentsFile, Err: err}
	}
	f, err := readAgents(img, path)
	if err != nil {
		return nil, err
	}
	f.Name, f.Path = m.Name, m.Path
	return f, nil
}

// readAgents reads a file of agents.
func readAgents(img flash.Image, path string) (*FoundAgents, error) {
	c, err := da.Read(img)
	if err != nil {
		bad := &FileError{Path: path, Kind: AgentsFile, Alien: !da.Sniff(img), Err: err}
		if c != nil {
			bad.Problems = c.Problems
		}
		return nil, bad
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(img, 0, img.Size())); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &FoundAgents{AgentFile{filepath.Base(path), c.ID, hex.EncodeToString(sum.Sum(nil))}, path, img.Size(), c}, nil
}

// For returns the file and the agent in it for a phone: the agent for the newest version of the chip
// that is not newer than the phone; of equal ones that of the file with the fewest problems, then that
// of the newest file, by the date in its id. The error is that of da.Container.For if there is one file.
func (s *AgentSearch) For(hwCode, hwVersion, swVersion uint16) (best *FoundAgents, agent da.Choice, err error) {
	for _, f := range s.Files {
		got, gotErr := f.For(hwCode, hwVersion, swVersion)
		switch {
		case gotErr != nil:
			err = errors.Join(err, gotErr)
		case best == nil || better(f, got, best, agent):
			best, agent = f, got
		}
	}
	switch {
	case best != nil:
		return best, agent, nil
	case len(s.Files) == 0:
		return nil, agent, fmt.Errorf("%w: there is none in %s", da.ErrNoAgent, s.Path)
	case len(s.Files) > 1:
		return nil, agent, fmt.Errorf("%w: none of the %d files of agents in %s has one", da.ErrNoAgent, len(s.Files), s.Path)
	}
	return nil, agent, err
}

// better reports whether agent a of file f is to be preferred to b of g.
func better(f *FoundAgents, a da.Choice, g *FoundAgents, b da.Choice) bool {
	switch {
	case a.HWVersion != b.HWVersion:
		return a.HWVersion > b.HWVersion
	case a.SWVersion != b.SWVersion:
		return a.SWVersion > b.SWVersion
	case len(f.Problems) != len(g.Problems):
		return len(f.Problems) < len(g.Problems)
	}
	return f.Date() > g.Date()
}

// Chips returns the chips that at least one of the files has an agent for.
func (s *AgentSearch) Chips() (out []brom.Chip) {
	for _, f := range s.Files {
		for _, chip := range f.AllChips() {
			if !slices.ContainsFunc(out, func(have brom.Chip) bool { return have.HWCode == chip.HWCode }) {
				out = append(out, chip)
			}
		}
	}
	return out
}

// PathOf returns the path of a file, or that of its archive and its name in it.
func (s *AgentSearch) PathOf(f *FoundAgents) string {
	if f.Path == "" && s.Path != "" {
		return filepath.Join(s.Path, f.Name)
	}
	return f.Path
}
