package da

import (
	"context"
	"fmt"
	"sync"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Options are the optional inputs of Start.
type Options struct {
	// DRAM are the memory settings (MTK_BLOADER_INFO) of the phone's own preloader.
	// They are sent only to a phone in BootROM mode. DRAMVersion is the number in the
	// block's name, for legacy agents.
	DRAM        []byte
	DRAMVersion uint32
	// Reconnect opens the phone's next port after the phone disconnected to come back at a higher
	// speed. Without Reconnect a phone in BootROM mode is read at USB full speed, 1 MB/s.
	Reconnect func(context.Context) (*port.Line, error)
}

// Region is a region of the phone's flash that the agent can read.
type Region struct {
	Name flash.Region
	Size int64 // bytes

	storage, part uint32 // XFlash and legacy
	xmlName       string
}

// Phone is a phone with a running Download Agent. Several goroutines may read its Images; only one
// request is sent at a time.
type Phone struct {
	Protocol brom.Protocol
	Agent    Entry
	Storage  flash.Storage
	Sector   int64 // bytes; every read from the phone is a multiple of it
	Regions  []Region
	CID      []byte // the flash chip's identity, nil if unknown; private
	RandomID []byte // the phone's random id, nil if unknown; private

	reader reader
	agent  agent
	close  sync.Once
	told   bool // the agent has received the End
}

// End is what the phone does after the reading.
type End int

// The ends. No agent switches the phone off while the cable is plugged in.
const (
	Off    End = iota // release the phone: it waits with a dark screen
	Reboot            // start Android; legacy agents cannot and do the same as Off
	Stay              // no command: the agent keeps running, for the next tool
)

// After returns a text for the user: what the phone does after it was closed with end, and what to
// do next. It returns "" if the phone was lost before it received the end.
func (p *Phone) After(end End) string {
	if !p.told {
		return ""
	}
	const dark = "the phone waits with a dark screen: pull the cable out, and it switches off (if it does not start then, hold its power key for 10 seconds)"
	switch {
	case end == Stay:
		return "the phone's agent runs until the cable is pulled out; if the phone does not start then, hold its power key for 10 seconds"
	case end == Off:
		return dark
	case p.Protocol == brom.Legacy:
		return "legacy agents have no command to start Android; " + dark
	}
	return "the phone starts Android"
}

// agent is the common part of the three protocols after the start.
type agent interface {
	// start sets the agent up after JUMP_DA and fills in the facts in p.
	start(ctx context.Context, p *Phone) error
	// read reads e of r from the phone and gives the bytes to s in order. After a *StatusError the
	// agent can read other ranges.
	read(r Region, e flash.Extent, s *sink) error
	finish(End) error
	line() *port.Line
}

// Start sends the phone's agent from c, starts both its stages and asks for the storage and its
// regions. The brom.Session cannot be used afterwards. Errors wrap ErrUnknownChip, ErrNoAgent,
// ErrNeedDRAM, ErrDRAM, ErrMismatch, ErrNoStorage, ErrUnsupported, ErrNotTaken, ErrProtocol, a
// *StatusError, or an error of brom or port.
func Start(ctx context.Context, s *brom.Session, info *brom.Info, c *Container, o Options) (*Phone, error) {
	agent, err := c.For(info.HWCode, info.HWVersion, info.SWVersion)
	if err != nil {
		return nil, err
	}
	entry := agent.Entry
	first, err := c.bytes(entry.Regions[1])
	if err != nil {
		return nil, err
	}
	second, err := c.bytes(entry.Regions[2])
	if err != nil {
		return nil, err
	}
	if err := s.SendDA(entry.Regions[1].Address, first, entry.Regions[1].Signature); err != nil {
		return nil, fmt.Errorf("da: first stage: %w", err)
	}
	if err := s.JumpDA(entry.Regions[1].Address); err != nil {
		return nil, fmt.Errorf("da: first stage: %w", err)
	}
	p := &Phone{Protocol: agent.Protocol, Agent: entry}
	b := boot{info: info, second: second, stage: entry.Regions[2], options: o}
	switch agent.Protocol {
	case brom.XFlash:
		p.agent = &xflash{packets: packets{s.Line()}, boot: b}
	case brom.Legacy:
		p.agent = &legacy{l: s.Line(), boot: b}
	case brom.XML:
		p.agent = &xmlAgent{packets: packets{s.Line()}, boot: b}
	}
	if err := p.agent.start(ctx, p); err != nil {
		return nil, fmt.Errorf("da: %v: %w", agent.Protocol, err)
	}
	if err := p.checkRegions(); err != nil {
		return nil, fmt.Errorf("da: %v: %w", agent.Protocol, err)
	}
	p.reader.begin(p.agent, p.Sector)
	return p, nil
}

// boot is what an agent needs to start.
type boot struct {
	info    *brom.Info
	second  []byte // with its signature
	stage   Stage
	options Options
}

// plain returns the second stage without its signature, as XFlash and XML agents expect it.
func (b *boot) plain() []byte { return b.second[:len(b.second)-b.stage.Signature] }

// largest is the largest size of a region that is accepted, bytes.
const largest = 1 << 44

// add adds a region that the agent reported. A region of 0 bytes does not exist.
func (p *Phone) add(r Region, size uint64) error {
	if size > largest || size%512 != 0 {
		return protocolError("%s has an impossible size, 0x%x bytes", r.Name, size)
	}
	if r.Size = int64(size); size > 0 {
		p.Regions = append(p.Regions, r)
	}
	return nil
}

func (p *Phone) checkRegions() error {
	if len(p.Regions) == 0 {
		return ErrNoStorage
	}
	if p.Sector < 512 || p.Sector > 64<<10 || p.Sector&(p.Sector-1) != 0 {
		return protocolError("sectors of %d bytes", p.Sector)
	}
	return nil
}

// Image returns a region's bytes on the phone, or nil if it has no such region. Reading in order is
// fastest; a jump waits until the bytes that were read ahead have arrived.
func (p *Phone) Image(name flash.Region) flash.Image {
	for _, r := range p.Regions {
		if r.Name == name {
			return &regionImage{&p.reader, r}
		}
	}
	return nil
}

// Device returns the phone as a flash.Device.
func (p *Phone) Device() *flash.Device {
	d := &flash.Device{Storage: p.Storage}
	for _, r := range p.Regions {
		d.Parts = append(d.Parts, flash.Part{Region: r.Name, Image: p.Image(r.Name), Source: "phone"})
	}
	return d
}

// Forget drops the last few MiB that were read and the bytes that were read ahead, so that the next
// read comes from the flash. Call it before a second reading that is compared with the first.
func (p *Phone) Forget() { p.reader.forget() }

// Close waits for the running read, sends end to the agent, and closes the line. The Images cannot
// be read afterwards. After an error of the line nothing is sent, and Close returns nil.
func (p *Phone) Close(end End) (err error) {
	p.close.Do(func() {
		p.told = p.reader.end()
		if p.told && end != Stay {
			err = p.agent.finish(end)
			p.told = err == nil
		}
		p.agent.line().Close()
	})
	if err != nil {
		return fmt.Errorf("da: %v: ending: %w", p.Protocol, err)
	}
	return nil
}
