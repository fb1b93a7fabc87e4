package session

import (
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Notice is information for the user while the program waits for a phone and starts it. It is one
// of the types in this file. Repeated notices are sent only once.
type Notice interface{ notice() }

// Absent means that the named port does not exist: the name is wrong, or the phone is not plugged
// in yet.
type Absent struct {
	Port  string
	Other []string // the existing serial ports
}

// Packed has the files that are taken from a firmware package.
type Packed struct {
	Package string
	Taken   []Taken
	Lacks   []Role // for which it has no file, and none was given
}

// Readable tells, before a phone is there, which phones the given agents are for.
type Readable struct {
	Agents *AgentSearch
	Chips  []brom.Chip
}

// ForeignFirmware means that a firmware package is for another chip than that of the phone. Only its
// agents are used.
type ForeignFirmware struct {
	Package  string
	For, Has string // the names of the chips
}

// Chosen tells which of several files of agents is used for the phone.
type Chosen struct {
	Agents *FoundAgents
	Agent  da.Choice
}

// Waiting means that no phone is connected yet.
type Waiting struct {
	Port   string  // the named port, "" for any
	Absent *Absent // not nil if the named port does not exist
}

// Running means that a phone has started Android: it must be switched off and plugged in again.
type Running struct{ Port port.Info }

// Silent means that nothing answers on an open port.
type Silent struct {
	Port     port.Info
	Charging bool           // the port is, or may be, that of a phone that charges
	Others   []host.Process // programs that also have it open and may receive the phone's answers
}

// Left means that a phone disconnected before the handshake.
type Left struct{ Port port.Info }

// Met means that a phone answered; it has the facts from its loader.
type Met struct {
	Chip   string // "MT6765", or its code
	Port   port.Info
	Loader *brom.Info
}

// Odd is a problem with a loader that did not end the start.
type Odd struct{ Problem flash.Problem }

// AskingRoot means that a running phone is asked for root; it may ask its user.
type AskingRoot struct{}

// Rooted has the facts of the phone that granted root.
type Rooted struct {
	Model, Chip string // "" if unknown
	Storage     flash.Storage
}

func (Packed) notice()          {}
func (Readable) notice()        {}
func (ForeignFirmware) notice() {}
func (Chosen) notice()          {}
func (Absent) notice()          {}
func (Waiting) notice()         {}
func (Running) notice()         {}
func (Silent) notice()          {}
func (Left) notice()            {}
func (Met) notice()             {}
func (Odd) notice()             {}
func (AskingRoot) notice()      {}
func (Rooted) notice()          {}

// teller sends notices.
type teller struct {
	to   func(Notice) // nil: nowhere
	told map[string]bool
}

func (t *teller) tell(n Notice) {
	if t.to != nil {
		t.to(n)
	}
}

// once sends a notice that was not sent before.
func (t *teller) once(n Notice) {
	key := fmt.Sprintf("%T%+v", n, n)
	if t.told[key] {
		return
	}
	if t.told == nil {
		t.told = map[string]bool{}
	}
	t.told[key] = true
	t.tell(n)
}
