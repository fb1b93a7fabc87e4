package da_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// serve plays p on a pseudo-terminal behind the link it returns.
func serve(t testing.TB, p *phone) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "ttyACM90")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Serve(ctx, link, nil) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return link
}

// overTTY opens the phone behind link by the serial library, as a program would.
func overTTY(t testing.TB, link string) (*da.Phone, error) {
	t.Helper()
	bus := port.Named(link)
	line, old, err := port.Open(t.Context(), bus, anyPort)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { line.Close() })
	s, err := brom.Connect(line)
	if err != nil {
		return nil, err
	}
	info, err := s.Identify()
	if err != nil {
		return nil, err
	}
	c, err := da.Read(bytes.NewReader(agents()))
	if err != nil {
		return nil, err
	}
	return da.Start(t.Context(), s, info, c, da.Options{DRAM: []byte("settings"), DRAMVersion: 0x10, Reconnect: func(ctx context.Context) (*port.Line, error) {
		l, _, err := port.Reopen(ctx, bus, old, anyPort)
		return l, err
	}})
}

// The same over a real terminal and the serial library, in real time: all byte values,
// both handshakes, both starts, and every family's good-bye.
func TestOverTTY(t *testing.T) {
	for _, f := range families {
		for _, v := range []phone{{}, {EchoFirst: true}, {BootROM: true}} {
			t.Run(fmt.Sprintf("%s echo %v BootROM %v", f.protocol, v.EchoFirst, v.BootROM), func(t *testing.T) {
				p := v
				p.Protocol, p.HWCode, p.Parts, p.Packet, p.EnumDelay = f.protocol, f.hwCode, small(), 64<<10, time.Millisecond
				got, err := overTTY(t, serve(t, &p))
				if err != nil {
					t.Fatal(err)
				}
				for _, part := range p.Parts {
					if !bytes.Equal(whole(t, got.Image(part.Region)), whole(t, part.Image)) {
						t.Errorf("%s differs", part.Region)
					}
				}
				if err := got.Close(da.Off); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A hang-up in the middle is ErrGone, and the phone that comes back on the same link is
// read on; our own Close is ErrClosed.
func TestTTYHangUp(t *testing.T) {
	p := &phone{Parts: small(), Packet: 64 << 10, EnumDelay: time.Millisecond, Replug: time.Millisecond,
		Faults: []fault{{Place: "data", Nth: 7, Byte: 999, Do: acquiretest.Disconnect}}}
	link := serve(t, p)
	got, err := overTTY(t, link)
	if err != nil {
		t.Fatal(err)
	}
	want := whole(t, p.Parts[0].Image)
	b := make([]byte, len(want))
	n, err := got.Image(flash.EMMCUser).ReadAt(b, 0)
	if !errors.Is(err, port.ErrGone) || n > 6*64<<10 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if err := got.Close(da.Off); err != nil {
		t.Error(err)
	}
	again, err := overTTY(t, link)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close(da.Off)
	if _, err := again.Image(flash.EMMCUser).ReadAt(b[n:], int64(n)); err != nil || !bytes.Equal(b, want) {
		t.Errorf("read on: %v", err)
	}
}

func TestTTYOwnClose(t *testing.T) {
	link := serve(t, &phone{EnumDelay: time.Millisecond, Window: -1})
	line, _, err := port.Open(t.Context(), port.Named(link), anyPort)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- line.ReadFull(make([]byte, 1<<20), time.Minute) }()
	line.Close()
	if err := <-done; !errors.Is(err, port.ErrClosed) {
		t.Error(err)
	}
}

// The read path in this process and over a terminal: one figure each for the packet
// lengths agents offer.
func BenchmarkRead(b *testing.B) {
	const size = 64 << 20
	data := bytes.NewReader(imgtest.Noise("bench", size))
	for _, f := range families {
		for _, packet := range []int{32 << 10, 64 << 10, 1 << 20} {
			if f.protocol == acquiretest.Legacy && packet != 1<<20 {
				continue // the host chooses
			}
			for _, tty := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/%dKiB/tty=%v", f.protocol, packet>>10, tty), func(b *testing.B) {
					p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Packet: packet, EnumDelay: time.Millisecond,
						Parts: []flash.Part{{Region: flash.EMMCUser, Image: data}}}
					var got *da.Phone
					var err error
					if tty {
						got, err = overTTY(b, serve(b, p))
					} else {
						p.Plug()
						defer p.Unplug()
						got, err = connect(b, p, da.Options{})
					}
					if err != nil {
						b.Fatal(err)
					}
					defer got.Close(da.Off)
					img, buf := got.Image(flash.EMMCUser), make([]byte, 1<<20)
					b.SetBytes(size)
					for b.Loop() {
						for off := int64(0); off < size; off += int64(len(buf)) {
							if _, err := img.ReadAt(buf, off); err != nil {
								b.Fatal(err)
							}
						}
					}
				})
			}
		}
	}
}

// anyPort accepts every port.
func anyPort(port.Info) bool { return true }
