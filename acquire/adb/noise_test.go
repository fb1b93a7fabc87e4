package adb

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/adbtest"
	"github.com/mtkkit/mtkkit/flash"
)

// What the linker of Android 4.4 to 6 prints for programs like su.
const (
	relocations = "WARNING: linker: /system/xbin/su has text relocations. This is wasting memory and is a security risk. Please fix.\n"
	unusedEntry = "WARNING: linker(#): su: unused DT entry: type 0x6ffffffe arg 0x2e28\n"
)

// noises are what a phone may print in addition to what was asked for.
var noises = map[string]adbtest.Noise{
	"before":                   {Before: relocations},
	"after":                    {After: unusedEntry},
	"both":                     {Before: relocations + unusedEntry, After: unusedEntry},
	"printed before":           {Before: relocations, Printed: true},
	"printed after":            {After: unusedEntry, Printed: true},
	"printed, long":            {Before: strings.Repeat(unusedEntry, 20), After: strings.Repeat(unusedEntry, 20), Printed: true},
	"printed, no line":         {Before: "warning #: ", After: "bye #", Printed: true},
	"amid the bytes":           {Amid: unusedEntry},
	"of dd":                    {Tool: relocations},
	"of the shell":             {Shell: relocations},
	"of the shell and of su":   {Shell: unusedEntry, Before: relocations, After: unusedEntry},
	"a mark that is not alone": {Before: "+ echo mtkkit-0-go\nmtkkit-0-ok\nmtkkit-0-no\n", After: "mtkkit-0-no\n", Printed: true},
}

// Whatever else su prints, the bytes are those of the flash: for every way to be root,
// without a terminal and with one.
func TestNoise(t *testing.T) {
	for name, noise := range noises {
		for _, root := range []string{"shell", "su -c", "su 0", "su root"} {
			for way, terminals := range map[string]int{"exec": 0, "shell, a terminal": 1} {
				t.Run(name+"/"+root+"/"+way, func(t *testing.T) {
					phone := emmc()
					phone.Noise, phone.Root, phone.Terminals, phone.NoExec = noise, root, terminals, terminals > 0
					small := pattern{1, 300<<10 + 512}
					phone.Nodes["/dev/block/mmcblk0"], phone.Files["/sys/block/mmcblk0/size"] = small, "601\n"
					p, _ := mustOpen(t, phone)
					same(t, "user", p.Image(flash.EMMCUser), small)
					if p.CID != "150100464e36324d42030b9a9c8d5300" || p.Chip != "mt6765" || strings.Contains(p.Captures[0].Text, "WARNING") {
						t.Errorf("noise is taken for what the phone says: %+v", p)
					}
				})
			}
		}
	}
}

// A bad range stays a bad range, at its byte and in dd's own words, and a loss a loss.
func TestNoiseAtFaults(t *testing.T) {
	const at, size = 1<<20 + 4096, 2<<20 + 512
	for name, noise := range noises {
		t.Run(name, func(t *testing.T) {
			phone := emmc()
			phone.Noise = noise
			phone.Nodes["/dev/block/mmcblk0"], phone.Files["/sys/block/mmcblk0/size"] = pattern{1, size}, "4097\n"
			p, _ := mustOpen(t, phone)
			img := p.Image(flash.EMMCUser)
			phone.Break(adbtest.Faults{Bad: map[string]flash.Extent{"/dev/block/mmcblk0": {Offset: at, Length: 4096}}})
			b := make([]byte, size)
			n, err := img.ReadAt(b, 0)
			var place *ReadError
			if !errors.As(err, &place) || n != at || place.Offset != at || place.Text != "dd: read: I/O error" {
				t.Errorf("%d bytes, %v", n, err)
			}
			phone.Break(adbtest.Faults{Short: 512})
			if n, err = img.ReadAt(b, 1<<20); !errors.As(err, &place) || n != size-1<<20-512 {
				t.Errorf("a dd that is content with less: %d bytes, %v", n, err)
			}
			phone.Break(adbtest.Faults{Extra: 5000})
			if _, err = img.ReadAt(b, 64<<10); !errors.Is(err, ErrMangled) {
				t.Errorf("a dd that gives more: %v", err)
			}
		})
	}
}

// Where noise gets in between the bytes all the same, they are not called the flash's, and
// noise before the phone's own sum of the head does not do away with the proof.
func TestNoiseAmid(t *testing.T) {
	phone := emmc()
	p, _ := mustOpen(t, phone)
	phone.Disturb(adbtest.Noise{Amid: unusedEntry, Printed: true})
	b := make([]byte, userSize)
	n, err := p.Image(flash.EMMCUser).ReadAt(b, 0)
	if !errors.Is(err, ErrMangled) || n == len(b) {
		t.Errorf("%d bytes, %v", n, err)
	}
	var m *MangledError // the range that was asked for is doubted from its beginning
	if !errors.As(err, &m) || m.Doubted() != (flash.Extent{Length: int64(n)}) {
		t.Errorf("of %d bytes that came %+v are doubted", n, m)
	}
	if _, err := open(t, adbtest.Start(t, phone)); !errors.Is(err, ErrMangled) {
		t.Errorf("%v", err)
	}
}

// Noise does not hide why su refuses.
func TestNoiseAndRefusal(t *testing.T) {
	for _, noise := range noises {
		phone := emmc()
		phone.Root, phone.Says, phone.Noise = "", "Permission denied", noise
		_, err := open(t, adbtest.Start(t, phone))
		if !errors.Is(err, ErrNoRoot) {
			t.Errorf("%v", err)
		}
		if strings.HasPrefix(noise.Before, "WARNING") && !strings.Contains(err.Error(), `su prints "Permission denied"`) {
			t.Errorf("%+v: %v", noise, err)
		}
	}
	phone := emmc()
	phone.Root, phone.Says, phone.Noise = "", "WARNING: this phone is not yours", adbtest.Noise{Before: relocations}
	if _, err := open(t, adbtest.Start(t, phone)); err == nil || !strings.Contains(err.Error(), "su prints \"WARNING") {
		t.Errorf("%v", err)
	}
}

// What a phone says in place of the data is told, and no byte of it is data.
func TestNoMark(t *testing.T) {
	for name, c := range map[string]struct {
		says  string
		want  error
		tells string
	}{
		"nothing":              {"", ErrLost, ""},
		"su thinks again":      {relocations + "Sorry, not any more\n", ErrLost, `last output of the phone is "Sorry, not any more"`},
		"it does not end":      {strings.Repeat("no ", maxNoise), ErrMangled, `prints "no no`},
		"another command's":    {"mtkkit-1-go\nxx", ErrLost, "mtkkit-1-go"},
		"text without its end": {"MARK\nhalf of a list", ErrLost, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := adbtest.Start(t, &adbtest.Phone{Serial: "x", Run: func(_ context.Context, command string, out io.Writer) error {
				mark, _, _ := strings.Cut(strings.TrimPrefix(command, "echo "), ";")
				_, err := io.WriteString(out, strings.ReplaceAll(c.says, "MARK", mark))
				return err
			}})
			sh := &shell{server: s.Addr(), serial: "x", service: "exec:", root: roots[0].wrap, waits: usualWaits}
			img := &image{ctx: t.Context(), shell: sh, tool: "dd", node: "/dev/block/mmcblk0", size: 1 << 20}
			b := make([]byte, 4096)
			n, err := img.ReadAt(b, 0)
			if !errors.Is(err, c.want) || n != 0 {
				t.Errorf("data: %d bytes, %v", n, err)
			}
			if !strings.Contains(err.Error(), c.tells) {
				t.Errorf("%v, without %q", err, c.tells)
			}
			if out, err := sh.text(t.Context(), "cat /proc/partitions"); !errors.Is(err, ErrLost) {
				t.Errorf("text: %q, %v", out, err)
			}
		})
	}
}

// A phone whose su does not work with its standard error elsewhere is read without that.
func TestNoQuietSu(t *testing.T) {
	phone := emmc()
	phone.Noise = adbtest.Noise{Before: relocations, After: unusedEntry}
	phone.Loud = true
	p, s := mustOpen(t, phone)
	same(t, "user", p.Image(flash.EMMCUser), pattern{1, userSize})
	last := s.Requests()[len(s.Requests())-1]
	if strings.HasSuffix(last, "' 2>/dev/null") {
		t.Errorf("%s", last)
	}
}

// Real shells, a real dd, and a su that is as noisy as those of Android 5.
func TestRealNoise(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "node")
	want := pattern{7, 3<<20 + 512}
	b, _ := flash.ReadFull(want, 0, int(want.size))
	su := "#!/bin/sh\necho 'WARNING: linker: su has text relocations' >&2\nsh -c \"$2\"\nr=$?\necho 'WARNING: linker: su: unused DT entry' >&2\nexit $r\n"
	if err := errors.Join(os.WriteFile(file, b, 0o600), os.WriteFile(filepath.Join(dir, "su"), []byte(su), 0o700)); err != nil {
		t.Fatal(err)
	}
	s := adbtest.Start(t, &adbtest.Phone{Serial: "x", Run: func(ctx context.Context, command string, out io.Writer) error {
		cmd := exec.CommandContext(ctx, "sh", "-c", strings.Replace(command, "su -c", filepath.Join(dir, "su")+" -c", 1))
		cmd.Stdout, cmd.Stderr = out, out
		return cmd.Run()
	}})
	for _, quiet := range []string{" 2>/dev/null", ""} {
		sh := &shell{server: s.Addr(), serial: "x", service: "exec:", waits: usualWaits,
			root: func(c string) string { return "su -c " + quote(c) + quiet }}
		img := &image{ctx: t.Context(), shell: sh, tool: "dd", node: file, size: want.size}
		same(t, "all", img, want)
		none := &image{ctx: t.Context(), shell: sh, tool: "dd", node: file + "x", size: 4096}
		var place *ReadError
		if n, err := none.ReadAt(make([]byte, 4096), 0); !errors.As(err, &place) || n != 0 || !strings.Contains(place.Text, "No such file") {
			t.Errorf("no node: %d bytes, %v", n, err)
		}
	}
}
