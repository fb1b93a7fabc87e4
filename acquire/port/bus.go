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
	Name     string // the name for Open: /dev/ttyACM0, COM5
	VID, PID uint16 // USB ids, 0 if unknown
	Product  string // USB product string or driver name, may be ""
}

func (i Info) String() string {
	if i.VID == 0 {
		return i.Name
	}
	return fmt.Sprintf("%s (%04x:%04x)", i.Name, i.VID, i.PID)
}

// Bus lists and opens ports: those of the computer, or those of a virtual phone.
type Bus interface {
	// List returns the present ports in a stable order.
	List() ([]Info, error)
	// Open opens a port in raw mode. Errors wrap ErrBusy, ErrPermission, ErrNoPort or ErrGone where
	// they apply.
	Open(name string) (Conn, error)
}

// Kind is what is at the other end of a port, by its USB ids.
type Kind int

// The kinds of port.
const (
	Unknown   Kind = iota // no ids, or unknown ids
	BootROM               // the chip's own loader
	Preloader             // the loader on the flash, or a Download Agent after re-enumeration
	Android               // a running phone: adb, mtp, modem ports; no flash port
)

func (k Kind) String() string {
	return [...]string{"unknown", "BootROM", "preloader", "Android"}[k]
}

// ChargingPID is ambiguous: usb_ids.py lists it as a preloader's id, but some phones also have it
// while they charge, switched off. Only the handshake can decide.
const ChargingPID = 0x20ff

// ids are the USB ids of phones, from mtkclient's usb_ids.py and 50-android.rules. Vendors reuse
// ids, so a vendor's row has the kind that its phones were seen to be.
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

// Kind returns the kind of the port's ids.
func (i Info) Kind() Kind {
	for _, id := range ids {
		if id.vid == i.VID && id.pid == i.PID {
			return id.kind
		}
	}
	return Unknown
}

// IsPhone reports whether the port's ids are those of a phone's loader.
func (i Info) IsPhone() bool { k := i.Kind(); return k == BootROM || k == Preloader }

// pollEvery is the interval at which Wait lists the ports. The shortest known window is one second,
// and the handshake needs a tenth of it.
const pollEvery = 40 * time.Millisecond

// Wait waits until a port appears that want accepts, and returns the first one. It ends with the
// cause of ctx when ctx ends, and at once if the bus cannot be listed.
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

// openPatience is how long Open tries a port that exists but cannot be opened yet: udev sets its
// rights shortly after the node appears, and ModemManager opens it for a short time.
const openPatience = 700 * time.Millisecond

// Open waits for a port that want accepts and opens it. Of several ports it opens the first that is
// not busy, so that several runs can read several phones. If the port is busy or forbidden, Open
// tries again for less than a second and then returns the error; if it disappeared, Open waits for
// another one.
func Open(ctx context.Context, bus Bus, want func(Info) bool) (*Line, Info, error) {
	return open(ctx, bus, want, true)
}

// open is like Open. If anyPhone is false, it does not open another port instead of a busy one.
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
			since = time.Time{} // wait for another phone, or the same one
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

// openAnother opens the first port other than busy that want accepts and that can be opened.
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

// leaveTime is how long a phone may take to leave the bus before it comes back. After it, the old
// name is accepted again, because the phone may have left and come back between two polls.
const leaveTime = 2 * time.Second

// Reopen opens the new port of a phone that leaves the bus and comes back, for example to switch to
// high speed. old is its old port, which the caller has closed. Reopen waits until old has
// disappeared, so that it does not open it again. Other ports that exist at that time belong to
// other phones and are not opened.
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

// Named returns a bus with one port that the user names: a link, or a port with unknown ids. The
// port is listed if its file exists; on Windows it is always listed.
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

// Loaders returns the known ids of phones' loaders.
func Loaders() []Info {
	var out []Info
	for _, id := range ids {
		if id.kind == BootROM || id.kind == Preloader {
			out = append(out, Info{VID: id.vid, PID: id.pid})
		}
	}
	return out
}
