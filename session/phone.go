package session

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Options say where a phone is waited for, and what it is started with.
type Options struct {
	Port string   // /dev/ttyACM0 or ttyACM0, COM5; "" for the first phone that comes
	Bus  port.Bus // where ports appear; nil for the serial ports of this computer

	Agents     string      // file of Download Agents
	AgentImage flash.Image // used when there is no such file; nil for none
	Preloader  string      // file with the phone's own preloader, for a phone in BootROM mode; "" for none
	Auth, Cert string      // files of the phone's maker that permit reading, "" for none

	Wait time.Duration // give up when no phone came; 0: wait until the context ends
	End  da.End        // what the phone does when reading is over
	Tell func(Notice)  // receives notices, in the caller's goroutine; nil for none
}

// Phone is a connected phone whose Download Agent answers. It reads as a flash.Device (Device).
type Phone struct {
	*da.Phone
	Loader *brom.Info // codes, versions, security and identities, as the loader tells them
	Chip   string     // "MT6765", or its code where the chip has no name here
	Port   port.Info
	Agents AgentFile

	end     da.End
	line    atomic.Pointer[port.Line]
	stop    func()
	holders func(port string) []host.Process
}

// Connect waits for a phone, starts the Download Agent on it and asks what there is to read.
// The files of the options are read before any phone is waited for: a file that is of another
// kind is a *FileError, and that none was given is ErrNoAgents. IsTrouble holds for what goes
// wrong with a phone or its port.
//
// When ctx ends, the phone has some seconds to end what it is doing, so that it can be told
// to let go.
func Connect(ctx context.Context, o Options) (*Phone, error) {
	s := newSearch(o)
	defer s.startFiles.Close()
	if err := s.startFiles.open(&o); err != nil {
		if a := s.absent(); a != nil {
			s.tell(*a)
		}
		return nil, err
	}
	return s.connect(ctx)
}

// Close lets the phone end as the options say and gives the port back.
func (p *Phone) Close() error {
	defer p.stop()
	return p.Phone.Close(p.end)
}

// After says what the phone does now that it was closed, and what is next to do; "" where
// that needs no word.
func (p *Phone) After() string { return p.Phone.After(p.end) }

// search waits for one phone.
type search struct {
	Options
	teller
	startFiles
	seen    *port.Skipper // Bus, without silent ports
	want    func(port.Info) bool
	holders func(port string) []host.Process // other programs that have a port open; nil when the system cannot tell
}

func newSearch(o Options) *search {
	s := &search{Options: o, teller: teller{to: o.Tell}, want: isPhone}
	if s.Bus == nil { // a port of this computer
		s.holders, s.Bus = host.Holders, port.System()
		if s.Port != "" {
			s.Bus = port.Named(portPath(s.Port))
		}
	}
	if s.Port != "" {
		s.Port = portPath(s.Port)
		s.want = func(i port.Info) bool { return i.Name == s.Port }
	}
	s.seen = port.NewSkipper(s.Bus)
	return s
}

// portPath completes a port's short name.
func portPath(name string) string {
	if runtime.GOOS != "windows" && !strings.Contains(name, "/") {
		return "/dev/" + name
	}
	return name
}

// isPhone accepts the ports of phones' loaders. On macOS, where a port's ids are not to be
// had, it accepts any USB port: the handshake decides.
func isPhone(i port.Info) bool { return i.IsPhone() || i.VID == 0 && runtime.GOOS == "darwin" }

// grace is how long a phone gets after ctx has ended to end what it is doing. One that has
// been silent for longer than patience tries a range that it cannot read, and would take
// minutes.
const (
	grace    = 5 * time.Second
	patience = time.Second
)

func (s *search) connect(ctx context.Context) (*Phone, error) {
	life, kill := context.WithCancelCause(context.WithoutCancel(ctx))
	p := &Phone{Agents: s.agent, end: s.End, holders: s.holders}
	late := context.AfterFunc(ctx, func() {
		p.outlast(life)
		kill(context.Cause(ctx))
	})
	p.stop = func() { late(); kill(port.ErrClosed) }
	if err := s.start(ctx, life, p); err != nil {
		err = p.Accuse(err)
		p.stop()
		return nil, err
	}
	return p, nil
}

// outlast returns when the phone has had its grace, or life is over.
func (p *Phone) outlast(life context.Context) {
	end := time.After(grace)
	tick := time.NewTicker(patience / 10)
	defer tick.Stop()
	for {
		select {
		case <-life.Done():
			return
		case <-end:
			return
		case <-tick.C:
			if line := p.line.Load(); line != nil && line.Waiting() > patience {
				return
			}
		}
	}
}

// start goes from the port to a running agent. ctx bounds the waiting, life the line.
func (s *search) start(ctx, life context.Context, p *Phone) error {
	loader, err := s.meet(ctx, life, p)
	if err != nil {
		return err
	}
	p.line.Store(loader.Line())
	chip, known := brom.Lookup(p.Loader.HWCode)
	p.Chip = fmt.Sprintf("chip 0x%x", p.Loader.HWCode)
	if known {
		p.Chip = chip.Name()
	}
	s.tell(Met{p.Chip, p.Port, p.Loader})
	for _, odd := range p.Loader.Problems {
		s.once(Odd{odd})
	}
	if err := loader.Authenticate(p.Loader, s.auth, s.cert); err != nil {
		return err
	}
	family := chip.Protocol
	if s.agents.IsXML() {
		family = brom.XML
	}
	o := s.startFiles.options(family)
	o.Reconnect = func(ctx context.Context) (*port.Line, error) { return s.again(ctx, life, p) }
	p.Phone, err = da.Start(life, loader, p.Loader, s.agents, o)
	return err
}

// comeBack is how long a phone has to come back at high speed.
const comeBack = 20 * time.Second

// again opens the port of a phone that left the bus to come back faster.
func (s *search) again(ctx, life context.Context, p *Phone) (*port.Line, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, comeBack, fmt.Errorf("it did not come back after the switch to high speed: %w", port.ErrGone))
	defer cancel()
	line, info, err := port.Reopen(ctx, s.Bus, p.Port, s.want)
	if err != nil {
		return nil, err
	}
	line.Outlive(life)
	p.Port = info
	p.line.Store(line)
	return line, nil
}

// absent is what is told of a named port that is not there, nil where it is.
func (s *search) absent() *Absent {
	if ports, err := s.Bus.List(); s.Port == "" || err != nil || slices.ContainsFunc(ports, s.want) {
		return nil
	}
	a := &Absent{Port: s.Port}
	ports, _ := port.System().List()
	for _, i := range ports {
		a.Other = append(a.Other, i.Name)
	}
	return a
}

// Accuse names the programs that have the phone's port open too, where err is of the kind that
// such a program makes: it takes bytes that were meant for this one, or speaks in between.
// The error is a *ContestedError then, and err itself otherwise.
func (p *Phone) Accuse(err error) error {
	if !mayBeContested(err) {
		return err
	}
	if who := others(p.holders, p.Port); len(who) > 0 {
		return &ContestedError{err, who}
	}
	return err
}

// others are the other programs that have a port open, as far as is known.
func others(holders func(string) []host.Process, on port.Info) []host.Process {
	if holders == nil || on.Name == "" {
		return nil
	}
	return holders(on.Name)
}
