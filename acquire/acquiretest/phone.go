package acquiretest

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Protocol is the protocol of a Download Agent.
type Protocol string

// The protocols.
const (
	Legacy Protocol = "legacy"
	XFlash Protocol = "xflash"
	XML    Protocol = "xml"
)

// Phone is a virtual phone. With zero values it is a plain MT6765 phone that starts in its
// preloader; without Parts there is nothing to read. Set the fields before Plug or Serve and do not
// change them afterwards.
type Phone struct {
	// Identity. Comments of fields have the default values.
	HWCode, HWSubCode, HWVersion, SWVersion uint16 // 0x766, 0x8a00, 0xca00, 0
	MEID, SOCID                             []byte
	Protocol                                Protocol // XFlash

	// Start.
	BootROM       bool          // starts in the chip's own loader, with DRAM not set up
	EchoFirst     bool          // the preloader answers the first A0 instead of ignoring it
	LoaderVersion byte          // of the preloader: 3; lower versions know no identities
	Window        time.Duration // how long the preloader waits for a tool: 2.5 s; < 0: forever
	EnumDelay     time.Duration // time from Plug until the port appears: 100 ms
	Replug        time.Duration // time after which it comes back by itself; 0: never
	Watchdog      time.Duration // BootROM resets after this time unless the watchdog is stopped; 0: never

	// Security. Auth and Cert are the required files, nil for none.
	TargetConfig uint32
	Auth, Cert   []byte
	EMI          []byte // the accepted DRAM settings in BootROM mode; nil: any
	AgentSLA     bool   // the Download Agent requires a challenge, too

	// Flash.
	Storage flash.Storage // EMMC
	Parts   []flash.Part
	Bad     map[flash.Region][]flash.Extent // unreadable ranges
	Deadly  map[flash.Region][]flash.Extent // ranges at which it disconnects when they are read
	RPMB    bool                            // its agent reads the RPMB; agents since 2018 refuse (J)

	// Protocol details.
	Packet      int           // bytes of data in a packet of XFlash or XML: 64 KiB, as in second stages of 2017 to 2024
	StatusWidth int           // bytes of an XFlash status, 4 or 2
	WideRAM     bool          // RAM report of 48 bytes instead of 24
	SyncDelay   time.Duration // before XFlash's SYNC
	Logs        bool          // log packets between the others
	Unknown     []uint32      // questions and settings that an XFlash agent refuses …
	UnknownAs   uint32        // … with this status; 0: as if its handler fails
	ExtraStarts int           // how many additional STARTs an XML agent sends
	Message     string        // content of an XML agent's message buffer at the start
	Progress    int           // lines of progress that an XML agent reports
	OddXML      bool          // valid XML in a form that no agent uses
	AskSize     bool          // an XML agent asks for the size of a file before the file
	NAND32      bool          // a legacy agent uses the NAND report with a 32-bit size
	Latency     time.Duration // before each packet of data
	Rate        int64         // bytes of data per second, 0: as fast as possible
	Fragment    int           // the most bytes that the host gets in one read; in-process only

	Faults []Fault
	// Trace is called with all sent (out) and received bytes, in order, from one goroutine.
	Trace func(out bool, place string, b []byte)
	// Left is called when the phone has disconnected, with the reason and whether it comes back by
	// itself.
	Left func(why error, back bool)
	// OpenError is the error of the first OpenErrors calls of Open; negative: of all.
	OpenError  error
	OpenErrors int

	// Bad behaviour that was seen in real loaders.
	Begun         bool            // it is in command mode after the handshake of another tool
	Echo          bool            // it only echoes the bytes that it receives
	Charging      bool            // it charges: its port is 0e8d:20ff and does not answer
	Refuses       map[byte]uint16 // commands that it answers only with this status
	RegisterError uint16          // status of a refused write to a register; 0: writes are accepted
	RegisterHang  bool            // it does not answer any more after a write to a register

	*state
}

// state changes while the phone runs. It is separate so that a Phone can be copied before it is
// plugged in.
type state struct {
	mu       sync.Mutex
	ports    []*pipePort
	nextPort int
	lives    int            // how often it has started
	refused  int            // how often Open failed
	sent     map[string]int // number of messages by place; only for the phone's goroutine
	quit     chan struct{}
	done     chan struct{}
}

// setDefaults sets the default values of zero fields.
func (p *Phone) setDefaults() {
	def(&p.HWCode, 0x766)
	def(&p.HWSubCode, 0x8a00)
	def(&p.HWVersion, 0xca00)
	def(&p.Protocol, XFlash)
	def(&p.LoaderVersion, 3)
	def(&p.Window, 2500*time.Millisecond)
	def(&p.EnumDelay, 100*time.Millisecond)
	def(&p.Storage, flash.EMMC)
	def(&p.Packet, 64<<10)
	def(&p.StatusWidth, 4)
	if p.MEID == nil {
		p.MEID = noise("me id", 16)
	}
	if p.SOCID == nil {
		p.SOCID = noise("soc id", 32)
	}
	p.state = &state{sent: map[string]int{}, quit: make(chan struct{}), done: make(chan struct{})}
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// side makes the phone's ports on the computer.
type side interface {
	// appear makes a port and returns the phone's end of it.
	appear(port.Info) (transport, error)
}

// transport is the phone's end of one port.
type transport interface {
	Read([]byte) (int, error) // io.EOF after the host has closed the port
	Write([]byte) (int, error)
	SetReadDeadline(time.Time) error
	opened() bool    // the host has the port open
	transfers() bool // Read returns each write of the host separately, as USB does
	Close() error    // the port disappears
}

// The reasons for the end of a life.
var (
	errGone     = errors.New("the cable was pulled out")
	errReset    = errors.New("reset: the tool closed the port, or the watchdog reset it")
	errIdle     = errors.New("released by the tool: it waits in its agent with a dark screen")
	errRebooted = errors.New("restarted by the tool")
	errBooted   = errors.New("no tool came within its window: it starts Android")
)

// run runs the phone until it does not come back any more or is told to stop.
func (p *Phone) run(s side) error {
	for {
		if !p.sleep(p.EnumDelay) {
			return nil
		}
		end, err := p.live(s)
		if err != nil {
			return err
		}
		back := p.Replug != 0 && !errors.Is(end, errIdle) && !errors.Is(end, errRebooted)
		if p.Left != nil && p.sleep(0) {
			p.Left(end, back)
		}
		if !back || !p.sleep(p.Replug) {
			return nil
		}
	}
}

// sleep waits and reports whether the phone is still plugged in.
func (p *Phone) sleep(d time.Duration) bool {
	if d <= 0 {
		select {
		case <-p.quit:
			return false
		default:
			return true
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.quit:
		return false
	}
}

// life is the phone from its start until it disconnects.
type life struct {
	*Phone
	*wire
	side     side
	authOK   bool
	certOK   bool
	first    []byte // the first stage, as uploaded
	loadedAt uint32 // its address
	second   bool   // the second stage runs
	dram     bool
	fast     bool   // high-speed USB
	part     uint32 // the selected region, legacy
	message  string // the message buffer of an XML agent
}

// live runs one life and returns how it ended. The error is an error of the computer.
func (p *Phone) live(s side) (end, err error) {
	p.mu.Lock()
	p.lives++
	p.mu.Unlock()
	info := port.Info{VID: 0x0e8d, PID: 0x2000, Product: "MT65xx Preloader"}
	if p.BootROM {
		info.PID, info.Product = 0x0003, ""
	}
	if p.Charging {
		info.PID, info.Product = 0x20ff, ""
	}
	t, err := s.appear(info)
	if err != nil {
		return nil, err
	}
	l := &life{Phone: p, side: s, dram: !p.BootROM, fast: !p.BootROM}
	l.wire = &wire{t: t, p: p}
	if p.BootROM && p.Watchdog > 0 {
		l.wire.limit = time.Now().Add(p.Watchdog)
	}
	defer func() { l.t.Close() }()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case ended:
			end = r.why
		default:
			panic(r)
		}
	}()
	if !l.listen() {
		return errBooted, nil
	}
	end = l.commands()
	l.flush()
	return end, nil
}

// leave ends the life.
func leave(why error) { panic(ended{why}) }

type ended struct{ why error }

// reappear disconnects and comes back with another port in the same state, as a Download Agent does
// to switch to high speed.
func (l *life) reappear() {
	l.flush()
	l.t.Close()
	l.fast = true
	if !l.sleep(time.Second) {
		leave(errGone)
	}
	t, err := l.side.appear(port.Info{VID: 0x0e8d, PID: 0x2001, Product: "MT65xx Download Agent"})
	if err != nil {
		leave(err)
	}
	l.wire.t, l.wire.in, l.wire.packet = t, nil, nil
	for !l.t.opened() { // a terminal that nobody has opened yet looks like a closed one
		l.pause(listenStep)
	}
}

// Lives returns how often the phone has started.
func (p *Phone) Lives() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lives
}

// image returns the image of a region, or an empty image.
func (p *Phone) image(r flash.Region) flash.Image {
	for _, part := range p.Parts {
		if part.Region == r {
			return part.Image
		}
	}
	return flash.Slice(zeros{}, flash.Extent{})
}

// touches reports whether e overlaps one of the ranges.
func touches(places []flash.Extent, e flash.Extent) bool {
	return slices.ContainsFunc(places, e.Overlaps)
}

type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }
func (zeros) Size() int64                           { return 0 }
