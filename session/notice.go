package session

import (
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Notice is something that a person should know while a phone is waited for and started. It
// is one of the types in this file. What happens again and again is told once.
type Notice interface{ notice() }

// Absent says that the port which was named is not there: it is mistyped, or the phone is not
// plugged in yet.
type Absent struct {
	Port  string
	Other []string // the serial ports that are there
}

// Waiting says that no phone is there yet.
type Waiting struct {
	Port   string  // the port that was named, "" for any
	Absent *Absent // where there is no such port, nil otherwise
}

// Running says that a phone has started Android: it must be switched off and plugged in again.
type Running struct{ Port port.Info }

// Silent says that nobody speaks on a port that opened.
type Silent struct {
	Port     port.Info
	Charging bool           // the port is, or may be, one that phones show while they charge
	Others   []host.Process // programs that have it open too, and may take the phone's answers
}

// Left says that a phone was gone before it could be spoken to.
type Left struct{ Port port.Info }

// Met says which phone answered, and how it is started.
type Met struct {
	Chip   string // "MT6765", or its code
	Port   port.Info
	Loader *brom.Info
}

// Odd says what went wrong with a loader and did not end the start.
type Odd struct{ Problem flash.Problem }

// AskingRoot says that a phone which runs is asked for root, and may ask its owner.
type AskingRoot struct{}

// Rooted says which phone gave root.
type Rooted struct {
	Model, Chip string // "" where the phone does not tell
	Storage     flash.Storage
}

func (Absent) notice()     {}
func (Waiting) notice()    {}
func (Running) notice()    {}
func (Silent) notice()     {}
func (Left) notice()       {}
func (Met) notice()        {}
func (Odd) notice()        {}
func (AskingRoot) notice() {}
func (Rooted) notice()     {}

// teller passes notices on.
type teller struct {
	to   func(Notice) // nil: to nobody
	told map[string]bool
}

func (t *teller) tell(n Notice) {
	if t.to != nil {
		t.to(n)
	}
}

// once tells what was not told before.
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
