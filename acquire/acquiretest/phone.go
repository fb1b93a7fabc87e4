package acquiretest

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Protocol names a family of Download Agents.
type Protocol string

// The families.
const (
	Legacy Protocol = "legacy"
	XFlash Protocol = "xflash"
	XML    Protocol = "xml"
)

// Phone is a virtual phone. The zero values of its fields are a plain phone of the
// MT6765 kind that starts in its preloader; Parts must be set for there to be anything
// to read. Fields are set before Plug or Serve and not changed after.
type Phone struct {
	// Who it is.
	HWCode, HWSubCode, HWVersion, SWVersion uint16 // 0x766, 0x8a00, 0xca00, 0
	MEID, SOCID                             []byte
	Protocol                                Protocol // XFlash

	// How it starts.
	BootROM       bool          // in the chip's own loader, DRAM not set up
	EchoFirst     bool          // the preloader answers the first A0 instead of swallowing it
	LoaderVersion byte          // of the preloader: 3; below that it knows no identities
	Window        time.Duration // the preloader waits this long for a tool: 2.5 s; < 0 for ever
	EnumDelay     time.Duration // from Plug to the port: 100 ms
	Replug        time.Duration // after it left, it comes back by itself; 0: it does not
	Watchdog      time.Duration // BootROM resets after that unless told otherwise; 0: never

	// What it protects. Auth and Cert are the files it wants, nil for none.
	TargetConfig uint32
	Auth, Cert   []byte
	EMI          []byte // the DRAM settings it starts with from BootROM; nil: any
	AgentSLA     bool   // the Download Agent sets a challenge too

	// What it stores.
	Storage flash.Storage // EMMC
	Parts   []flash.Part
	Bad     map[flash.Region][]flash.Extent // places that cannot be read
	Deadly  map[flash.Region][]flash.Extent // places it does not survive: it leaves the bus when they are read
	RPMB    bool                            // its agent reads the RPMB; those since 2018 refuse (J)

	// How it talks.
	Packet      int           // bytes of data a packet of XFlash or XML: 64 KiB, which second stages of 2017 to 2024 grant
	StatusWidth int           // of an XFlash status, 4 or 2
	WideRAM     bool          // RAM report of 48 bytes instead of 24
	SyncDelay   time.Duration // before XFlash's SYNC
	Logs        bool          // log packets between the others
	Unknown     []uint32      // questions and settings that an XFlash agent refuses …
	UnknownAs   uint32        // … with this status; 0: as one whose handler fails
	ExtraStarts int           // an XML agent says START so often more than it should
	Message     string        // what stands in an XML agent's buffer of messages when it starts
	Progress    int           // lines of progress an XML phone reports
	OddXML      bool          // XML spelled as no agent does, but as XML allows
	AskSize     bool          // an XML agent asks for the size of a file before the file
	NAND32      bool          // a legacy agent reports on NAND in the form with a 32-bit size
	Latency     time.Duration // before each packet of data
	Rate        int64         // bytes of data a second, 0: as fast as it goes
	Fragment    int           // the host gets no more bytes than this in one read; in-process only

	Faults []Fault
	// Trace is told what is sent (out) and received, in order, from one goroutine.
	Trace func(out bool, place string, b []byte)
	// Left is told whenever it has left the bus, why, and whether it comes back by itself.
	Left func(why error, back bool)
	// OpenError makes the port refuse to open that many times, negative: always.
	OpenError  error
	OpenErrors int

	// What loaders were seen to do that are no help.
	Begun         bool            // another tool has shaken hands with it and left: it waits for commands
	Echo          bool            // it sends back what it gets, and does nothing else
	Charging      bool            // it charges: its port is 0e8d:20ff, and silent
	Refuses       map[byte]uint16 // commands that it answers with this status alone, or words that are none
	RegisterError uint16          // what it says to a write of a register instead of taking the value; 0: it takes it
	RegisterHang  bool            // it answers nothing any more from a write of a register on

	*state
}

// state is what changes while the phone lives. It is apart so that a Phone not yet
// plugged in can be copied.
type state struct {
	mu       sync.Mutex
	ports    []*pipePort
	nextPort int
	lives    int            // how often it has come up
	refused  int            // how often its port would not open
	sent     map[string]int // how often, by place; the phone's own goroutine only
	quit     chan struct{}
	done     chan struct{}
}

// setDefaults fills in what was left zero.
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

// side is how the phone shows itself to a computer.
type side interface {
	// appear puts a port up and returns the phone's end of it.
	appear(port.Info) (transport, error)
}

// transport is the phone's end of one port.
type transport interface {
	Read([]byte) (int, error) // io.EOF once the host has closed the port
	Write([]byte) (int, error)
	SetReadDeadline(time.Time) error
	opened() bool    // the host has the port open
	transfers() bool // Read gives each write of the host's by itself, as USB does
	Close() error    // the port vanishes
}

// How a life ends.
var (
	errGone     = errors.New("cable out")
	errReset    = errors.New("reset: the tool closed the port, or a watchdog bit")
	errIdle     = errors.New("let go by the tool: it waits in its agent, the screen dark")
	errRebooted = errors.New("started anew by the tool")
	errBooted   = errors.New("no tool came in its window, it starts Android")
)

// run plays the phone until it is switched off for good or told to stop.
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

// life is the phone from coming up to going down.
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
	part     uint32 // the region selected, legacy
	message  string // the buffer of an XML agent
}

// live goes through one life and says how it ended. The error is one of the computer
// it runs on.
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

// reappear leaves the bus and comes back with another port, in the same state: what a
// Download Agent does to switch to high speed.
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
	for !l.t.opened() { // a terminal nobody has open yet looks like one just closed
		l.pause(listenStep)
	}
}

// Lives returns how often the phone has come up.
func (p *Phone) Lives() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lives
}

// image returns what the phone stores in a region, or an empty image.
func (p *Phone) image(r flash.Region) flash.Image {
	for _, part := range p.Parts {
		if part.Region == r {
			return part.Image
		}
	}
	return flash.Slice(zeros{}, flash.Extent{})
}

// touches reports whether e touches one of the places.
func touches(places []flash.Extent, e flash.Extent) bool {
	return slices.ContainsFunc(places, e.Overlaps)
}

type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }
func (zeros) Size() int64                           { return 0 }
