package adb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/adbtest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// exactReader is what a mover asks an Image for that it has to read carefully.
type exactReader interface {
	ReadExactAt(p []byte, off int64) (int, error)
}

// ranges are the ranges that the phone was asked for, from request number from on.
func ranges(t *testing.T, s *adbtest.Server, from int) (out []flash.Extent) {
	t.Helper()
	for _, r := range s.Requests()[from:] {
		var bs, skip, count int64
		_, args, found := strings.Cut(r, " bs=")
		if !found {
			continue
		}
		if _, err := fmt.Sscanf("bs="+args, "bs=%d skip=%d count=%d", &bs, &skip, &count); err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		out = append(out, flash.Extent{Offset: bs * skip, Length: bs * count})
	}
	return out
}

// The phone is asked for the range in whole blocks and for nothing else, whatever was read
// before, and what is read behind it starts small again.
func TestReadExactAt(t *testing.T) {
	const size = userSize
	p, s := mustOpen(t, emmc())
	img := p.images[0]
	exact := p.Image(flash.EMMCUser).(exactReader)
	if _, err := flash.ReadFull(img, 0, 3<<20); err != nil { // windows are large by now
		t.Fatal(err)
	}
	for _, c := range []struct {
		off, n int64
		asked  flash.Extent
		got    int
		err    error
	}{
		{5 << 20, 1 << 20, flash.Extent{Offset: 5 << 20, Length: 1 << 20}, 1 << 20, nil},
		{6 << 20, 4096, flash.Extent{Offset: 6 << 20, Length: 4096}, 4096, nil}, // straight on
		{6<<20 + 4096, 512, flash.Extent{Offset: 6<<20 + 4096, Length: 512}, 512, nil},
		{513, 100, flash.Extent{Offset: 512, Length: 512}, 100, nil},
		{1000, 100, flash.Extent{Offset: 512, Length: 1024}, 100, nil},
		{1, 3<<20 + 1, flash.Extent{Offset: 0, Length: 3<<20 + 512}, 3<<20 + 1, nil},
		{size - 512, 4096, flash.Extent{Offset: size - 512, Length: 512}, 512, io.EOF},
		{size - 7, 7, flash.Extent{Offset: size - 512, Length: 512}, 7, nil},
	} {
		if _, err := flash.ReadFull(img, 0, 4096); err != nil { // leaves a window under way
			t.Fatal(err)
		}
		before, under := len(s.Requests()), img.stream
		b, want := make([]byte, c.n), make([]byte, c.n)
		n, err := exact.ReadExactAt(b, c.off)
		pattern{1, size}.ReadAt(want, c.off)
		if n != c.got || err != c.err || !bytes.Equal(b[:n], want[:n]) {
			t.Errorf("0x%x: %d bytes, %v", c.off, n, err)
		}
		if got := ranges(t, s, before); len(got) != 1 || got[0] != c.asked {
			t.Errorf("0x%x: the phone is asked for %v, want %v", c.off, got, c.asked)
		}
		if img.stream != nil || under == nil {
			t.Errorf("0x%x: a window is under way behind it", c.off)
		} else if _, open := <-under.quit; open {
			t.Errorf("0x%x: a window is under way before it", c.off)
		}
		before = len(s.Requests())
		if _, err := flash.ReadFull(img, img.pos, 512); err != nil { // where the window under way before stood
			t.Errorf("after 0x%x: %v", c.off, err)
		}
		if got := ranges(t, s, before); len(got) != 1 || got[0].Length > firstWindow {
			t.Errorf("after 0x%x: the phone is asked for %v", c.off, got)
		}
	}
	before := len(s.Requests())
	if n, err := exact.ReadExactAt(nil, 4096); n != 0 || err != nil || len(ranges(t, s, before)) != 0 {
		t.Errorf("nothing: %d, %v", n, err)
	}
	if _, err := exact.ReadExactAt(make([]byte, 1), size); err != io.EOF {
		t.Errorf("behind the end: %v", err)
	}
	if _, err := exact.ReadExactAt(make([]byte, 1), -1); err == nil || err == io.EOF {
		t.Errorf("before the beginning: %v", err)
	}
}

// Ranges at which the phone is lost lose it each time, and are no bad ranges: the next to
// them is read, as long as nobody asks for more than that.
func TestLossAtOnePlace(t *testing.T) {
	const at = 5<<20 + 4096
	place := map[string]flash.Extent{"/dev/block/mmcblk0": {Offset: at, Length: 512}}
	for name, c := range map[string]struct {
		faults adbtest.Faults
		want   error
		is     error
	}{
		"the connection breaks": {adbtest.Faults{Lost: place}, ErrLost, port.ErrGone},
		"the phone leaves":      {adbtest.Faults{Lost: place, Vanish: true}, ErrLost, port.ErrGone},
		"it says nothing":       {adbtest.Faults{Mute: place}, ErrSilent, port.ErrTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			phone := emmc()
			p, _ := mustOpen(t, phone)
			img := p.images[0]
			img.shell.silence = quick.silence
			b := make([]byte, 8192)
			loses := func(how string, read func([]byte, int64) (int, error), off, n int64) {
				t.Helper()
				phone.Mend()
				phone.Break(c.faults)
				n1, err := read(b[:n], off)
				if !errors.Is(err, c.want) || !errors.Is(err, c.is) || errors.As(err, new(*ReadError)) || int64(n1) > max(at-off, 0) {
					t.Errorf("%s 0x%x: %d bytes, %v", how, off, n1, err)
				}
				if err != nil && (!strings.Contains(err.Error(), "mmcblk0 at 0x50") || Advice(err).Text == "") {
					t.Errorf("%s 0x%x: %v does not say where", how, off, err)
				}
			}
			for range 3 {
				loses("read", img.ReadAt, at-4096, 8192)
				loses("read the place alone", img.ReadAt, at, 512)
				loses("exact", img.ReadExactAt, at, 512)
				loses("exact, from before", img.ReadExactAt, at-512, 1024)
			}
			phone.Mend()
			phone.Break(c.faults)
			for _, near := range []int64{at - 4096, at - 512, at + 512} {
				n, err := img.ReadExactAt(b[:512], near)
				want, _ := flash.ReadFull(pattern{1, userSize}, near, 512)
				if err != nil || !bytes.Equal(b[:n], want) {
					t.Errorf("near the place, 0x%x: %d bytes, %v", near, n, err)
				}
			}
		})
	}
}

// A dd that gives all and says that it failed has not read the range.
func TestExactIsContent(t *testing.T) {
	s := adbtest.Start(t, &adbtest.Phone{Serial: "x", Run: func(_ context.Context, command string, out io.Writer) error {
		mark, _, _ := strings.Cut(strings.TrimPrefix(command, "echo "), "-go;")
		_, err := io.WriteString(out, mark+"-go\n"+strings.Repeat("x", 512)+mark+"-no\n")
		return err
	}})
	sh := &shell{server: s.Addr(), serial: "x", service: "exec:", root: roots[0].wrap, waits: usualWaits}
	img := &image{ctx: t.Context(), shell: sh, tool: "dd", node: "/dev/block/mmcblk0", size: 1 << 20}
	var place *ReadError
	if n, err := img.ReadExactAt(make([]byte, 512), 0); !errors.As(err, &place) || n != 512 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// What ends an exact range early is the range's error, at its byte.
func TestExactFaults(t *testing.T) {
	const at = 5<<20 + 4096
	phone := emmc()
	p, _ := mustOpen(t, phone)
	img := p.images[0]
	b := make([]byte, 8192)
	phone.Break(adbtest.Faults{Bad: map[string]flash.Extent{"/dev/block/mmcblk0": {Offset: at, Length: 512}}})
	var place *ReadError
	if n, err := img.ReadExactAt(b, at-4000); !errors.As(err, &place) || n != 4000 || place.Offset != at || place.Text != "dd: read: I/O error" {
		t.Errorf("a bad place: %d bytes, %v", n, err)
	}
	phone.Break(adbtest.Faults{Short: 512})
	if n, err := img.ReadExactAt(b[:100], at); !errors.As(err, &place) || n != 0 {
		t.Errorf("dd gives nothing: %d bytes, %v", n, err)
	}
	phone.Break(adbtest.Faults{Extra: 512})
	if n, err := img.ReadExactAt(b, at); !errors.Is(err, ErrMangled) {
		t.Errorf("dd gives too much: %d bytes, %v", n, err)
	}
}
