package session

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// agents is a stand-in for a file of agents that has one for the MT6765.
func agents() []byte {
	return acquiretest.Container("MTK_AllInOne_DA_v3.3001.2020-07-08", acquiretest.Agent{Code: 0x6765, HWVersion: 0xca00, Protocol: acquiretest.XFlash})
}

// parts is what the phones here store: 13 MiB with a GPT of two partitions, and boot regions.
func parts() []flash.Part {
	const size = 13 << 20
	user := imgtest.NewSparse(size)
	user.PutGPT(imgtest.GPTSpec{SectorSize: 512, DeviceSize: size, Rows: []imgtest.GPTRow{
		{Name: "nvram", Extent: flash.Extent{Offset: 2 << 20, Length: 1 << 20}},
		{Name: "system", Extent: flash.Extent{Offset: 4 << 20, Length: 5 << 20}},
	}})
	user.Put(2<<20, imgtest.Noise("nvram", 1<<20))
	user.Put(4<<20, imgtest.Noise("system", 5<<20))
	boot := imgtest.BootRegion("EMMC_BOOT", imgtest.Preloader(imgtest.PreloaderSpec{Board: "demo", Chip: "MT6765"}), 256<<10)
	return []flash.Part{
		{Region: flash.EMMCUser, Image: user}, {Region: flash.EMMCBoot1, Image: bytes.NewReader(boot)}, {Region: flash.EMMCBoot2, Image: bytes.NewReader(boot)},
	}
}

// desk is a computer with several phones, each at a port of its own name.
type desk struct {
	names  []string
	phones []*acquiretest.Phone
}

func (d *desk) List() (out []port.Info, err error) {
	for i, p := range d.phones {
		ports, err := p.List()
		if err != nil {
			return nil, err
		}
		for _, info := range ports {
			info.Name = d.names[i]
			out = append(out, info)
		}
	}
	return out, nil
}

func (d *desk) Open(name string) (port.Conn, error) {
	for i, p := range d.phones {
		if ports, _ := p.List(); d.names[i] == name && len(ports) > 0 {
			return p.Open(ports[0].Name)
		}
	}
	return nil, port.ErrGone
}

// one is a desk with one phone.
func one(p *acquiretest.Phone) *desk { return &desk{[]string{"ttyACM0"}, []*acquiretest.Phone{p}} }

// met is what came of waiting for a phone.
type met struct {
	on    port.Info // where it was
	chip  string
	err   error
	took  time.Duration
	heard []Notice
}

// count says how many notices of the type of n were heard.
func (m *met) count(n Notice) (times int) {
	for _, h := range m.heard {
		if reflect.TypeOf(h) == reflect.TypeOf(n) {
			times++
		}
	}
	return times
}

// on runs do with the phones plugged in, on a virtual clock.
func on(t *testing.T, d *desk, do func(ctx context.Context)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for _, p := range d.phones {
			p.Plug()
			defer p.Unplug()
		}
		do(t.Context())
	})
}

// meetOn connects to the first phone of a desk and closes it.
func meetOn(t *testing.T, d *desk, o Options, limit time.Duration) (m met) {
	t.Helper()
	on(t, d, func(ctx context.Context) {
		if limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, limit)
			defer cancel()
		}
		o.Bus, o.AgentImage, o.Tell = d, bytes.NewReader(agents()), func(n Notice) { m.heard = append(m.heard, n) }
		start := time.Now()
		p, err := Connect(ctx, o)
		m.took, m.err = time.Since(start), err
		if err != nil {
			return
		}
		m.on, m.chip = p.Port, p.Chip
		if err := p.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return m
}

// String shows what was heard.
func (m met) String() string {
	s := fmt.Sprintf("%s on %s after %v: %v", m.chip, m.on.Name, m.took, m.err)
	for _, n := range m.heard {
		s += fmt.Sprintf("\n%T%+v", n, n)
	}
	return s
}
