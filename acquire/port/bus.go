package port

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// Info is one serial port of the computer.
type Info struct {
	Name     string // what Open takes: /dev/ttyACM0, COM5
	VID, PID uint16 // USB ids, 0 when the system does not tell
	Product  string // USB product string or driver name, may be ""
}

func (i Info) String() string {
	if i.VID == 0 {
		return i.Name
	}
	return fmt.Sprintf("%s (%04x:%04x)", i.Name, i.VID, i.PID)
}

// Bus is where ports appear: the computer's, or a virtual phone's.
type Bus interface {
	// List returns the ports there are now, in a stable order.
	List() ([]Info, error)
	// Open opens one in raw mode. Errors wrap ErrBusy, ErrPermission, ErrNoPort
	// or ErrGone where they apply.
	Open(name string) (Conn, error)
}

// Kind says who is at the other end, as far as USB ids tell.
type Kind int

// The kinds of port.
const (
	Unknown   Kind = iota // no ids, or none we know
	BootROM               // the chip's own loader
	Preloader             // the loader on the flash, or a Download Agent after re-enumeration
	Android               // a running phone: adb, mtp, modem ports; no flash port
)

func (k Kind) String() string {
	return [...]string{"unknown", "BootROM", "preloader", "Android"}[k]
}

// ChargingPID is disputed: usb_ids.py has it as a preloader's, and phones were seen to show
// it while they charge, switched off. Only the handshake tells.
const ChargingPID = 0x20ff

// ids are the USB ids phones use, from mtkclient's usb_ids.py and 50-android.rules.
// Vendors reuse ids, so an OEM's row names what its phones were seen to be.
var ids = []struct {
	vid, pid uint16
	kind     Kind
}{
	{0x0e8d, 0x0003, BootROM},
	{0x0e8d, 0x2000, Preloader},
	{0x0e8d, 0x2001, Preloader},
	{0x0e8d, ChargingPID, Preloader},
	{0x0e8d, 0x3000, Preloader},
	{0x0e8d, 0x6000, Preloader},
	{0x1004, 0x6000, Preloader}, // LG
	{0x22d9, 0x0006, Preloader}, // OPPO
	{0x0fce, 0xf200, Preloader}, // Sony
	{0x0fce, 0xd1e9, Preloader},
	{0x0fce, 0xd1e2, Preloader},
	{0x0fce, 0xd1ec, Preloader},
	{0x0fce, 0xd1dd, Preloader},
	{0x0e8d, 0x201c, Android},
	{0x0bb4, 0x0c01, Android},
	{0x17ef, 0x789b, Android},
}

// Kind looks the port's ids up.
func (i Info) Kind() Kind {
	for _, id := range ids {
		if id.vid == i.VID && id.pid == i.PID {
			return id.kind
		}
	}
	return Unknown
}

// IsPhone reports whether the port is one a phone's loader is known to use.
func (i Info) IsPhone() bool { k := i.Kind(); return k == BootROM || k == Preloader }

// pollEvery is how often Wait looks. The shortest window known is one second, and the
// handshake needs a tenth of it.
const pollEvery = 40 * time.Millisecond

// Wait returns the first port that want accepts, looking until ctx ends. A bus that
// cannot be listed is an error at once.
func Wait(ctx context.Context, bus Bus, want func(Info) bool) (Info, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		ports, err := bus.List()
		if err != nil {
			return Info{}, fmt.Errorf("port: listing ports: %w", err)
		}
		if i := slices.IndexFunc(ports, want); i >= 0 {
			return ports[i], nil
		}
		select {
		case <-ctx.Done():
			return Info{}, fmt.Errorf("port: waiting for a phone: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// openPatience is how long Open tries a port that is there but does not open yet:
// udev sets its rights a moment after the node appears, and ModemManager lets go of it
// after a look.
const openPatience = 700 * time.Millisecond

// Open waits for a port that want accepts and opens it, of several the first that is not
// busy: each run reads a phone of its own. A port that is busy, forbidden or gone again is
// tried for a moment before its error is returned.
func Open(ctx context.Context, bus Bus, want func(Info) bool) (*Line, Info, error) {
	return open(ctx, bus, want, true)
}

// open is Open; where the phone is already being spoken to, no other will do for a busy one.
func open(ctx context.Context, bus Bus, want func(Info) bool, anyPhone bool) (*Line, Info, error) {
	var since time.Time
	for {
		info, err := Wait(ctx, bus, want)
		if err != nil {
			return nil, Info{}, err
		}
		conn, err := bus.Open(info.Name)
		if anyPhone && errors.Is(err, ErrBusy) {
			if other, c := openAnother(bus, info, want); c != nil {
				info, conn, err = other, c, nil
			}
		}
		if err == nil {
			return NewLine(ctx, conn), info, nil
		}
		if errors.Is(err, ErrGone) {
			since = time.Time{} // another phone, or the same one, will come
		} else if since.IsZero() {
			since = time.Now()
		} else if time.Since(since) > openPatience {
			return nil, info, fmt.Errorf("port: opening %s: %w", info.Name, err)
		}
		select {
		case <-ctx.Done():
			return nil, info, fmt.Errorf("port: opening %s: %w", info.Name, context.Cause(ctx))
		case <-time.After(pollEvery):
		}
	}
}

// openAnother opens the first port, other than busy, that want accepts and that can be opened.
func openAnother(bus Bus, busy Info, want func(Info) bool) (Info, Conn) {
	ports, _ := bus.List()
	for _, p := range ports {
		if p.Name == busy.Name || !want(p) {
			continue
		}
		if c, err := bus.Open(p.Name); err == nil {
			return p, c
		}
	}
	return Info{}, nil
}

// leaveTime is how long a phone may take to leave the bus before it comes back. One that
// left and came back between two looks is opened then, too.
const leaveTime = 2 * time.Second

// Reopen opens the port a phone comes back as after it announced to leave the bus, as it
// does to switch to high speed. old is the port it had, which the caller has closed: it
// must go first, lest it be opened again on its way out. Ports that are there beside it are
// other phones', and are left alone.
func Reopen(ctx context.Context, bus Bus, old Info, want func(Info) bool) (*Line, Info, error) {
	leave, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var others []Info
	for leave.Err() == nil {
		ports, err := bus.List()
		if err != nil {
			return nil, Info{}, fmt.Errorf("port: listing ports: %w", err)
		}
		if !slices.ContainsFunc(ports, func(i Info) bool { return i.Name == old.Name }) {
			break
		}
		others = slices.DeleteFunc(ports, func(i Info) bool { return i.Name == old.Name })
		select {
		case <-leave.Done():
		case <-tick.C:
		}
	}
	own := func(i Info) bool {
		return want(i) && !slices.ContainsFunc(others, func(o Info) bool { return o.Name == i.Name })
	}
	return open(ctx, bus, own, false)
}

// Named is a bus of one port that the user names: a link, or a port whose ids say
// nothing. It is there when its file is; on Windows, always.
func Named(name string) Bus { return named(name) }

type named string

// List implements Bus.
func (n named) List() ([]Info, error) {
	if runtime.GOOS != "windows" {
		if _, err := os.Stat(string(n)); err != nil {
			return nil, nil
		}
	}
	return []Info{{Name: string(n)}}, nil
}

// Open implements Bus.
func (n named) Open(name string) (Conn, error) { return System().Open(name) }

// Loaders returns the ids that phones' loaders are known to use.
func Loaders() []Info {
	var out []Info
	for _, id := range ids {
		if id.kind == BootROM || id.kind == Preloader {
			out = append(out, Info{VID: id.vid, PID: id.pid})
		}
	}
	return out
}
