package session

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Options select the phone and the files to start it with.
type Options struct {
	Port string   // /dev/ttyACM0 or ttyACM0, COM5; "" for the first phone that is found
	Bus  port.Bus // lists and opens ports; nil for the serial ports of this computer

	Agents     string      // file of Download Agents, or a folder or archive with such files: the one for the phone is used
	AgentImage flash.Image // used if Agents and Firmware are ""; nil for none
	Preloader  string      // file with the phone's own preloader, for a phone in BootROM mode; "" for none
	Auth, Cert string      // the maker's authentication and certificate files, "" for none
	Firmware   string      // the maker's package, a folder or an archive: the source of the files above that are ""
	HaveTable  bool        // the caller has a partition table: the scatter file of Firmware is not used

	Wait time.Duration // how long to wait for a phone; 0: until the context ends
	End  da.End        // what the phone does after the reading
	Tell func(Notice)  // receives notices, in the caller's goroutine; nil for none
}

// Phone is a connected phone with a running Download Agent. Device returns it as a flash.Device.
type Phone struct {
	*da.Phone
	Loader *brom.Info // codes, versions, security and identities from the loader
	Chip   string     // "MT6765", or its code if the name is unknown
	Port   port.Info
	Agents AgentFile

	scatter     string // name of the scatter file in Options.Firmware, "" for none
	scatterText []byte

	end     da.End
	line    atomic.Pointer[port.Line]
	stop    func()
	holders func(port string) []host.Process
}

// Connect waits for a phone, starts the Download Agent on it and gets its regions. It reads the
// files of the options before it waits for a phone. If a file is damaged or of another kind, the
// error is a *FileError; if there is no agent file, it is ErrNoAgents. IsTrouble is true for errors
// of a phone or its port.
//
// After ctx ends, the phone gets some seconds to finish the running command, so that Close can
// still send Options.End.
func Connect(ctx context.Context, o Options) (*Phone, error) {
	s := newSearch(o)
	defer s.startFiles.Close()
	if err := s.startFiles.open(ctx, &o); err != nil {
		if a := s.absent(); a != nil {
			s.tell(*a)
		}
		return nil, err
	}
	s.tellFiles()
	return s.connect(ctx)
}

// Close ends the session as Options.End says and closes the port.
func (p *Phone) Close() error {
	defer p.stop()
	return p.Phone.Close(p.end)
}

// After returns a text for the user: what the phone does after Close, and what to do next. It is ""
// if the phone was lost before.
func (p *Phone) After() string { return p.Phone.After(p.end) }

// search waits for one phone.
type search struct {
	Options
	teller
	startFiles
	seen    *port.Skipper // Bus, without silent ports
	want    func(port.Info) bool
	holders func(port string) []host.Process // other programs that have a port open; nil if the system cannot list them
}

func newSearch(o Options) *search {
	s := &search{Options: o, teller: teller{to: o.Tell}, want: isPhone}
	if s.Bus == nil { // a port of this computer
		s.holders, s.Bus = host.Holders, port.System()
		switch number, ok := strings.CutPrefix(s.Port, "fd:"); {
		case ok:
			s.holders, s.Bus = nil, usbBus(number)
		case s.Port != "":
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

// usbBus returns the bus with the phone of a file descriptor; one that has an error if it has no phone.
func usbBus(number string) port.Bus {
	fd, err := strconv.Atoi(number)
	if err != nil || fd < 0 {
		return noBus{fmt.Errorf("%q is not the number of a file descriptor, as in fd:7", number)}
	}
	b, err := port.USB(fd)
	if err != nil {
		return noBus{err}
	}
	return b
}

// noBus is a bus that cannot be listed.
type noBus struct{ err error }

func (n noBus) List() ([]port.Info, error)     { return nil, n.err }
func (n noBus) Open(string) (port.Conn, error) { return nil, n.err }

// portPath completes a port's short name.
func portPath(name string) string {
	if !strings.HasPrefix(name, "fd:") && runtime.GOOS != "windows" && !strings.Contains(name, "/") {
		return "/dev/" + name
	}
	return name
}

// isPhone reports whether a port may be that of a phone's loader. On macOS the ids of ports are
// unknown, so it accepts any USB port, and the handshake decides.
func isPhone(i port.Info) bool { return i.IsPhone() || i.VID == 0 && runtime.GOOS == "darwin" }

// grace is how long a phone may take, after ctx has ended, to finish the running command. A phone
// that sends nothing for longer than patience is retrying a bad range, which would take minutes.
const (
	grace    = 5 * time.Second
	patience = time.Second
)

func (s *search) connect(ctx context.Context) (*Phone, error) {
	life, kill := context.WithCancelCause(context.WithoutCancel(ctx))
	p := &Phone{end: s.End, holders: s.holders}
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

// outlast waits until grace is over, the phone is silent for longer than patience, or life ends.
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

// start waits for the phone and starts the agent. ctx ends the wait, life ends the line.
func (s *search) start(ctx, life context.Context, p *Phone) error {
	loader, err := s.meet(ctx, life, p)
	if err != nil {
		return err
	}
	p.line.Store(loader.Line())
	chip, known := brom.Lookup(p.Loader.HWCode)
	if !known {
		chip = brom.Chip{HWCode: p.Loader.HWCode}
	}
	p.Chip = chip.Name()
	s.tell(Met{p.Chip, p.Port, p.Loader})
	for _, odd := range p.Loader.Problems {
		s.once(Odd{odd})
	}
	if foreign := s.leaveForeign(chip); foreign != nil {
		s.tell(*foreign)
	}
	agents, agent, err := s.chooseAgents(ctx, p.Loader)
	if err != nil {
		return err
	}
	p.Agents = agents.AgentFile
	if err := loader.Authenticate(p.Loader, s.auth, s.cert); err != nil {
		return err
	}
	o := s.startFiles.options(agent.Protocol)
	o.Reconnect = func(ctx context.Context) (*port.Line, error) { return s.again(ctx, life, p) }
	if err := s.keepScatter(p); err != nil {
		return err
	}
	p.Phone, err = da.Start(life, loader, p.Loader, agents.Container, o)
	return err
}

// comeBack is how long a phone may take to come back at high speed.
const comeBack = 20 * time.Second

// again opens the new port of a phone that switches to high speed.
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

// absent returns the notice about a named port that does not exist, nil if it exists.
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

// Accuse returns a *ContestedError with the other programs that have the phone's port open, if err
// may be caused by such a program: it may receive bytes for this program, or send bytes. Otherwise
// it returns err.
func (p *Phone) Accuse(err error) error {
	if !mayBeContested(err) {
		return err
	}
	if who := others(p.holders, p.Port); len(who) > 0 {
		return &ContestedError{err, who}
	}
	return err
}

// others returns the other programs that have a port open, as far as known.
func others(holders func(string) []host.Process, on port.Info) []host.Process {
	if holders == nil || on.Name == "" {
		return nil
	}
	return holders(on.Name)
}
