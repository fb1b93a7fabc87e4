package main

import (
	"cmp"
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

// phoneOptions are the options of every command that reads a connected phone.
type phoneOptions struct {
	port, da, preloader, auth, cert string
	wait                            time.Duration // 0: for ever
	then                            endWord
}

// endWord is what a phone does when reading is over, as it is typed.
type endWord string

var ends = map[endWord]da.End{"off": da.Off, "reboot": da.Reboot, "stay": da.Stay}

func newPhoneOptions() phoneOptions { return phoneOptions{then: "off"} }

func (o *phoneOptions) options() []option {
	return in(groupPhone,
		textOption(&o.port, "port", "read a connected phone: `PORT` is auto (the first that is plugged in), a name such as ttyACM0 or COM5, or sim (a virtual phone)"),
		textOption(&o.da, "da", "`FILE` with the Download Agent: MTK_AllInOne_DA.bin from SP Flash Tool, or the one of this model's firmware"),
		textOption(&o.preloader, "preloader", "`FILE` with the phone's own preloader: sets up the memory of a phone in BootROM mode"),
		textOption(&o.auth, "auth", "`FILE` of the phone's maker that permits reading (auth_sv5.auth), where the phone asks for it"),
		textOption(&o.cert, "cert", "`FILE` with the maker's certificate, where the phone asks for it"),
		timeOption(&o.wait, "wait", "give up when no phone came within this `TIME`, such as 90 (seconds) or 5m (default: wait until Ctrl-C)"),
		choiceOption(&o.then, "then", "what the phone does in the `END`: off (waits with its screen dark, and switches off when the cable is out), reboot (starts Android; legacy agents cannot) or stay (its Download Agent serves on)", "off", "reboot", "stay"))
}

// inputs are the files that must never be written to.
func (o *phoneOptions) inputs() []string {
	return nonEmpty([]string{o.da, o.preloader, o.auth, o.cert})
}

// The ports that are no port of the computer's.
const (
	portAuto = "auto"
	portSim  = "sim"
)

// phonePort is where a phone is waited for, and what it is started with.
type phonePort struct {
	u    *ui
	bus  port.Bus
	seen *port.Skipper // the same, without ports on which nobody speaks
	want func(port.Info) bool
	name string // what to call it to a person
	wait time.Duration
	end  da.End // what the phone does when reading is over
	kit         // what it is started with
	sim  func() // pulls the virtual phone out
	told map[string]bool

	holders func(port string) []host.Process // who else has it open; nil where there is nobody to ask
}

// openPhonePort takes the options of a command and opens the files they name. No phone
// is waited for yet.
func openPhonePort(o *phoneOptions, u *ui) (*phonePort, error) {
	p := &phonePort{u: u, bus: u.bus, want: isPhone, name: cmp.Or(o.port, portAuto), wait: o.wait, end: ends[o.then], told: map[string]bool{}}
	p.choose()
	if err := p.openKit(o); err != nil {
		if p.name != portAuto && p.name != portSim && p.notThere() != "" {
			u.note("the port is %s%s", p.name, p.notThere())
		}
		return nil, err
	}
	if p.name == portSim {
		p.plugSim()
	}
	if u.bus == nil && p.sim == nil { // a port of this computer
		p.holders = host.Holders
	}
	p.seen = port.NewSkipper(p.bus)
	return p, nil
}

// choose takes the bus on which the named port is, and knows that port on it.
func (p *phonePort) choose() {
	switch {
	case p.name == portSim: // it is plugged in when all else is right
	case p.name != portAuto:
		p.name = portPath(p.name)
		if p.bus == nil {
			p.bus = port.Named(p.name)
		}
		p.want = func(i port.Info) bool { return i.Name == p.name }
	case p.bus == nil:
		p.bus = port.System()
	}
}

// openKit opens what a phone is started with.
func (p *phonePort) openKit(o *phoneOptions) error {
	if o.da == "" && p.name != portSim {
		return hinted{usage("which Download Agent? give it with --da FILE"), []string{
			"MTK_AllInOne_DA.bin lies beside SP Flash Tool; the firmware of this model may have one of its own",
			"--port sim needs none: it reads a virtual phone"}}
	}
	return p.kit.open(o)
}

// portPath completes a port's short name.
func portPath(name string) string {
	if runtime.GOOS != "windows" && !strings.Contains(name, "/") {
		return "/dev/" + name
	}
	return name
}

// isPhone accepts the ports of phones' loaders. On macOS, where a port's ids are not to
// be had, it accepts any USB port: the handshake decides.
func isPhone(i port.Info) bool { return i.IsPhone() || i.VID == 0 && runtime.GOOS == "darwin" }

// Close ends the virtual phone and closes the files.
func (p *phonePort) Close() error {
	if p.sim != nil {
		p.sim()
		p.sim = nil
	}
	return p.kit.Close()
}

// livePhone is a phone that can be read.
type livePhone struct {
	*da.Phone
	Loader *brom.Info // codes, versions, security and identities, as the loader tells them
	Chip   string     // "MT6765", or its code where the chip has no name here
	Port   port.Info
	Agent  agentFile
	line   atomic.Pointer[port.Line]
	stop   func()
}

// Close lets the phone end as the user wishes and gives the port back.
func (l *livePhone) Close(end da.End) error {
	defer l.stop()
	return l.Phone.Close(end)
}

// grace is how long a phone gets after Ctrl-C to end what it is doing, so that it can be
// told to let go. One that has been silent for longer than patience tries a place that it
// cannot read, and would take minutes.
const (
	grace    = 5 * time.Second
	patience = time.Second
)

// connect waits for a phone, starts the Download Agent on it and asks what there is to
// read. It may be called again when a phone was lost.
func (p *phonePort) connect(ctx context.Context) (*livePhone, error) {
	life, kill := context.WithCancelCause(context.WithoutCancel(ctx))
	l := &livePhone{Agent: p.agent}
	late := context.AfterFunc(ctx, func() {
		l.outlast(life)
		kill(context.Cause(ctx))
	})
	l.stop = func() { late(); kill(port.ErrClosed) }
	if err := p.start(ctx, life, l); err != nil {
		err = p.accuse(err, l.Port)
		l.stop()
		return nil, err
	}
	return l, nil
}

// outlast returns when the phone has had its grace, or life is over.
func (l *livePhone) outlast(life context.Context) {
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
			if line := l.line.Load(); line != nil && line.Waiting() > patience {
				return
			}
		}
	}
}

// start goes from the port to a running agent. ctx bounds the waiting, life the line.
func (p *phonePort) start(ctx, life context.Context, l *livePhone) error {
	s, err := p.meet(ctx, life, l)
	if err != nil {
		return err
	}
	l.line.Store(s.Line())
	chip, known := brom.Lookup(l.Loader.HWCode)
	l.Chip = fmt.Sprintf("chip 0x%x", l.Loader.HWCode)
	if known {
		l.Chip = chip.Name()
	}
	p.u.note("%s on %s, started from its %s: %s", l.Chip, l.Port, loaderWord(l.Loader), l.Loader.Config)
	p.warn(l.Loader.Problems)
	if err := s.Authenticate(l.Loader, p.auth, p.cert); err != nil {
		return err
	}
	family := chip.Protocol
	if p.agents.IsXML() {
		family = brom.XML
	}
	l.Phone, err = da.Start(life, s, l.Loader, p.agents, p.options(family, func(ctx context.Context) (*port.Line, error) {
		return p.again(ctx, life, l)
	}))
	return err
}

func loaderWord(i *brom.Info) string {
	if i.BootROM {
		return "BootROM"
	}
	return "preloader"
}

// again opens the port of a phone that left the bus to come back faster.
func (p *phonePort) again(ctx, life context.Context, l *livePhone) (*port.Line, error) {
	const comeBack = 20 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, comeBack, fmt.Errorf("it did not come back after the switch to high speed: %w", port.ErrGone))
	defer cancel()
	line, info, err := port.Reopen(ctx, p.bus, l.Port, p.want)
	if err != nil {
		return nil, err
	}
	line.Outlive(life)
	l.Port = info
	l.line.Store(line)
	return line, nil
}

// prompt tells the user to plug the phone in, if it is not.
func (p *phonePort) prompt() {
	ports, err := p.bus.List()
	for _, i := range ports {
		if p.watch(i) {
			return
		}
	}
	if p.sim != nil || err != nil {
		return
	}
	where := "any port"
	if p.name != portAuto {
		where = p.name + p.notThere()
	}
	p.u.note("waiting for a phone on %s: switch it off, then plug it in (no key held)", where)
}

// notThere says which ports there are in place of one that is not, as a phone's is not
// until it is plugged in, and a mistyped one never is.
func (p *phonePort) notThere() string {
	if ports, err := p.bus.List(); err != nil || slices.ContainsFunc(ports, p.want) {
		return ""
	}
	var names []string
	ports, _ := port.System().List()
	for _, i := range ports {
		names = append(names, i.Name)
	}
	if len(names) == 0 {
		return ", which is not there yet (there are no serial ports now)"
	}
	return fmt.Sprintf(", which is not there yet (there are %s)", strings.Join(names[:min(len(names), 6)], ", "))
}

// watch accepts the phone's port and tells of ports that are none.
func (p *phonePort) watch(i port.Info) bool {
	if i.Kind() == port.Android && p.name == portAuto {
		p.tell("the phone on %s has started Android: switch it off and plug it in again", i.Name)
	}
	return p.want(i)
}

// tell says a thing once.
func (p *phonePort) tell(format string, a ...any) {
	if s := fmt.Sprintf(format, a...); p.isNew(s) {
		p.u.note("%s", s)
	}
}

// warn says what went wrong with a loader, each once, however often the phone is started.
func (p *phonePort) warn(ps []flash.Problem) {
	for _, one := range ps {
		if p.isNew(one.String()) {
			p.u.problems([]flash.Problem{one})
		}
	}
}

func (p *phonePort) isNew(s string) bool {
	told := p.told[s]
	p.told[s] = true
	return !told
}
