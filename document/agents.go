package document

import (
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/session"
)

// Agents is the document of da info.
type Agents struct {
	Head
	Files    []AgentFile     `json:"files"`
	Broken   []string        `json:"broken,omitempty"` // paths of files of agents of which none can be used
	Others   int             `json:"others"`           // files in the searched folders and archives that are not of agents
	Problems []flash.Problem `json:"problems"`
}

// AgentFile describes a file of Download Agents.
type AgentFile struct {
	Path    string      `json:"path"` // for a file in an archive: that of the archive, and the name in it
	ID      string      `json:"id"`   // the id text in the file
	Version uint32      `json:"version"`
	Date    string      `json:"date,omitempty"` // in the id
	Size    int64       `json:"size"`
	SHA256  string      `json:"sha256"`
	Chips   []AgentChip `json:"chips"` // of the phones that it can read
	Agents  []Agent     `json:"agents"`
}

// AgentChip is a chip as phones report it.
type AgentChip struct {
	HWCode string `json:"hw_code"` // "0x0766"
	Name   string `json:"name"`    // the first of its names, "MT6765", or "chip 0x1999"
	Names  string `json:"names,omitempty"`
}

// Agent is one agent in a file.
type Agent struct {
	Code      string       `json:"code"` // of the chip in agent files, "0x6765"
	HWSubCode string       `json:"hw_sub_code"`
	HWVersion string       `json:"hw_version"` // the agent is for this version of the chip and newer ones
	SWVersion string       `json:"sw_version"`
	Protocol  string       `json:"protocol"` // "legacy", "xflash", "xml"; "unknown" if no known chip has the code
	Chips     []AgentChip  `json:"chips"`    // it is chosen for phones with these
	Stages    []AgentStage `json:"stages"`
	Binding   da.Binding   `json:"binding"` // how the first stage recognizes the second
}

// AgentStage is a stage of an agent.
type AgentStage struct {
	Offset    int64  `json:"offset"`    // in the file
	Length    int64  `json:"length"`    // with its signature
	Address   uint32 `json:"address"`   // where it is loaded
	Signature int    `json:"signature"` // bytes of signature at its end
	Signed    bool   `json:"signed"`    // the signature is there and not a placeholder
	SHA256    string `json:"sha256"`    // with its signature
	Built     string `json:"built,omitempty"`
}

// NewAgents makes the document of searches for agents.
func NewAgents(searches []*session.AgentSearch) (*Agents, error) {
	doc := &Agents{}
	for _, s := range searches {
		doc.Others += s.Others
		doc.Problems = append(doc.Problems, s.Problems...)
		for _, bad := range s.Broken {
			doc.Broken = append(doc.Broken, bad.Path)
			doc.Problems = append(doc.Problems, brokenProblems(bad)...)
		}
		for _, f := range s.Files {
			file, problems, err := newAgentFile(s, f)
			if err != nil {
				return nil, err
			}
			doc.Files = append(doc.Files, file)
			for _, p := range append(flash.Problems{}, append(f.Problems, problems...)...) {
				p.Place = f.Name + ": " + p.Place
				doc.Problems = append(doc.Problems, p)
			}
		}
	}
	return doc, nil
}

// brokenProblems returns the problems of a file of which no agent can be used.
func brokenProblems(bad *session.FileError) (out flash.Problems) {
	for _, p := range bad.Problems {
		p.Place = bad.Path + ": " + p.Place
		out = append(out, p)
	}
	if len(out) == 0 {
		out.Add(flash.Error, bad.Path, "%v", bad.Err)
	}
	return out
}

func newAgentFile(s *session.AgentSearch, f *session.FoundAgents) (file AgentFile, problems flash.Problems, err error) {
	file = AgentFile{Path: s.PathOf(f), ID: f.Container.ID, Version: f.Version, Date: f.Date(), Size: f.Size, SHA256: f.SHA256, Chips: agentChips(f.AllChips())}
	for i, e := range f.Entries {
		facts, err := f.Facts(i)
		if err != nil {
			return file, nil, fmt.Errorf("%s: %w", file.Path, err)
		}
		problems = append(problems, facts.Problems...)
		chips := f.Chips(i)
		a := Agent{Code: hex16(e.Code), HWSubCode: hex16(e.HWSubCode), HWVersion: hex16(e.HWVersion), SWVersion: hex16(e.SWVersion),
			Protocol: protocolOf(f, chips), Chips: agentChips(chips), Binding: facts.Binding}
		for _, st := range facts.Stages {
			a.Stages = append(a.Stages, AgentStage{st.Offset, st.Length, st.Address, st.Signature, st.Signed, st.SHA256, st.Built})
		}
		file.Agents = append(file.Agents, a)
	}
	return file, problems, nil
}

func protocolOf(f *session.FoundAgents, chips []brom.Chip) string {
	switch {
	case f.IsXML():
		return brom.XML.String()
	case len(chips) == 0:
		return "unknown"
	}
	return chips[0].Protocol.String()
}

func agentChips(chips []brom.Chip) (out []AgentChip) {
	for _, c := range chips {
		out = append(out, AgentChip{hex16(c.HWCode), c.Name(), c.Names})
	}
	return out
}

func hex16(v uint16) string { return fmt.Sprintf("0x%04x", v) }
