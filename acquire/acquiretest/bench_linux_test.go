package acquiretest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// benchSize is how much one round reads.
const benchSize = 64 << 20

// Reading through an agent beside a copy over the same kind of terminal with no protocol
// at all: the writer sends packets of the same length, the reader only counts. Both are
// measured in turn within one run, and the ratio of their best rounds is the figure: what
// else the machine does divides out.
func BenchmarkBesideRawCopy(b *testing.B) {
	data := noise("bench", benchSize)
	for _, f := range []struct {
		protocol     Protocol
		hwCode, code uint16
		id           string
		packets      []int
	}{
		// Second stages of vendors grant 64 KiB.
		{XFlash, 0x766, 0x6765, "MTK_AllInOne_DA_v3", []int{64 << 10, 32 << 10, 1 << 20}},
		{XML, 0x1208, 0x1208, "MTK_DA_v6", []int{64 << 10, 32 << 10, 1 << 20}},
		{Legacy, 0x6582, 0x6582, "MTK_AllInOne_DA_v3", []int{1 << 20}}, // the host chooses
	} {
		for _, packet := range f.packets {
			b.Run(fmt.Sprintf("%s/%dKiB", f.protocol, packet>>10), func(b *testing.B) {
				p := &Phone{Protocol: f.protocol, HWCode: f.hwCode, Packet: packet, EnumDelay: time.Millisecond, Window: -1,
					Parts: []flash.Part{{Region: flash.EMMCUser, Image: bytes.NewReader(data)}}}
				agents := Container(f.id, Agent{Code: f.code, HWVersion: 0xca00, Protocol: f.protocol})
				img := benchPhone(b, p, agents)
				buf := make([]byte, 1<<20)
				ours, raw := time.Hour, time.Hour
				b.SetBytes(benchSize)
				for b.Loop() {
					start := time.Now()
					for off := int64(0); off < benchSize; off += int64(len(buf)) {
						if _, err := img.ReadAt(buf, off); err != nil {
							b.Fatal(err)
						}
					}
					ours = min(ours, time.Since(start))
					b.StopTimer()
					raw = min(raw, rawCopy(b, data, packet))
					b.StartTimer()
				}
				b.ReportMetric(raw.Seconds()/ours.Seconds(), "of-raw")
				b.ReportMetric(benchSize/1e6/ours.Seconds(), "best-MB/s")
				b.ReportMetric(benchSize/1e6/raw.Seconds(), "raw-MB/s")
			})
		}
	}
}

// rawCopy times data going over a terminal in pieces, with nothing said between them.
func rawCopy(b *testing.B, data []byte, packet int) time.Duration {
	t, err := openPTY()
	if err != nil {
		b.Fatal(err)
	}
	defer t.master.Close()
	host, err := os.OpenFile(t.name, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer host.Close()
	start := time.Now()
	go func() {
		for rest := data; len(rest) > 0; rest = rest[min(packet, len(rest)):] {
			if _, err := t.master.Write(rest[:min(packet, len(rest))]); err != nil {
				return
			}
		}
	}()
	if _, err := io.CopyN(io.Discard, host, int64(len(data))); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// benchPhone serves p and returns its user area, read as the program does.
func benchPhone(b *testing.B, p *Phone, agents []byte) flash.Image {
	link := filepath.Join(b.TempDir(), "tty")
	ctx, cancel := context.WithCancel(context.Background())
	up, done := make(chan struct{}, 1), make(chan error, 1)
	go func() { done <- p.Serve(ctx, link, func(string) { up <- struct{}{} }) }()
	<-up
	line, _, err := port.Open(ctx, port.Named(link), anyPort)
	check(b, err)
	s, err := brom.Connect(line)
	check(b, err)
	info, err := s.Identify()
	check(b, err)
	c, err := da.Read(bytes.NewReader(agents))
	check(b, err)
	got, err := da.Start(ctx, s, info, c, da.Options{})
	check(b, err)
	b.Cleanup(func() {
		check(b, got.Close(da.Off))
		cancel()
		check(b, <-done)
	})
	return got.Image(flash.EMMCUser)
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// anyPort accepts every port.
func anyPort(port.Info) bool { return true }
