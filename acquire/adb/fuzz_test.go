package adb

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func FuzzDevices(f *testing.F) {
	f.Add("0123\tdevice\nabc  no permissions (x; see [http://y]) usb:1-2 transport_id:3\n")
	f.Add("* daemon started *\n\n\tdevice\n")
	f.Fuzz(func(t *testing.T, text string) {
		ds := parseDevices(text)
		if len(ds) > maxDevices {
			t.Errorf("%d phones", len(ds))
		}
		d, err := choose(ds, "")
		if err == nil && !d.ready() {
			t.Errorf("%+v is chosen", d)
		}
	})
}

func FuzzNodes(f *testing.F) {
	f.Add(" 179 0 24576 mmcblk0\n 8 32 1 sdc", "lrwx boot -> /dev/block/sdc20", "preloader 0x600000 0x0 2 /dev/misc-sd", "/dev/block/dm-0 /data ext4 rw 0 0", "mtd0: 1 2 \"x\"", onUSB, "0")
	f.Add(mmc0+mmc1, "android_expand -> /dev/block/mmcblk0p2", nandRows, "", mtdRows, "", "SD")
	f.Add(units+mmc0+mmc0Boot, "", emmcRows, "", "", onUFS, "MMC")
	f.Fuzz(func(t *testing.T, partitions, links, dumchar, mounts, mtd, blocks, fact string) {
		n := parseNodes(texts{partitions, links, dumchar, mounts, mtd, blocks})
		for name, d := range n.disks {
			if d.name != name || strings.ContainsAny(d.factFile(), " '\";$`") {
				t.Errorf("%q goes into a command", d.factFile())
			}
			n.learn(name, fact)
		}
		storage, regions := n.regions()
		for _, r := range regions {
			if _, ok := n.kib[r.name]; !ok || storage == "" {
				t.Errorf("%+v of %q, which the phone does not list", r, storage)
			}
			if strings.ContainsAny(r.name, " /'\";$`") {
				t.Errorf("%q goes into a command", r.name)
			}
			if d := n.disks[r.name]; d != nil && d.foreign() != "" {
				t.Errorf("%s %s", r.name, d.foreign())
			}
		}
		if len(regions) == 0 && n.refusal() == nil {
			t.Error("refused without a reason")
		}
		n.boot()
	})
}

// Whatever comes, what a terminal did to it is undone exactly; and pieces do not matter.
func FuzzReturns(f *testing.F) {
	f.Add([]byte("a\r\nb\n\r\r\n\r"), byte(1), byte(3))
	f.Add([]byte("\n\n\r"), byte(2), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, terminals, piece byte) {
		n := int(terminals % (maxReturns + 1))
		sent := bytes.ReplaceAll(data, []byte("\n"), append(bytes.Repeat([]byte("\r"), n), '\n'))
		r := &returns{n: n}
		var got []byte
		for len(sent) > 0 {
			k := min(int(piece%16)+1, len(sent))
			var err error
			if got, err = r.strip(got, sent[:k]); err != nil {
				t.Fatal(err)
			}
			sent = sent[k:]
		}
		if got = r.release(got); !bytes.Equal(got, data) {
			t.Errorf("%q of %q", got, data)
		}
	})
}

// Whatever is printed around a range, and in whatever pieces it comes, the data are the
// data; of a range that ends early, what came is.
func FuzzMarks(f *testing.F) {
	f.Add([]byte("a\r\nb\n\r\r\n\r"), "WARNING: linker\n", "bye", byte(1), byte(3), byte(0))
	f.Add([]byte("mtkkit-0-no\n"), "", "mtkkit-0-ok\n", byte(2), byte(1), byte(1))
	f.Add([]byte{}, "\r", "\n\n", byte(0), byte(200), byte(9))
	f.Add([]byte("x"), "", "noise that came through no terminal\n", byte(1), byte(200), byte(200))
	f.Fuzz(func(t *testing.T, data []byte, before, after string, terminals, piece, short byte) {
		if len(before) > maxNoise/2 || len(after) > maxNoise || strings.Contains(before+string(data)+after, "T-") {
			t.Skip() // a real mark is of one command alone
		}
		sh := &shell{returns: int(terminals % (maxReturns + 1))}
		st := &stream{shell: sh, left: int64(len(data)) + int64(short), clean: returns{n: sh.returns},
			marks: [3]string{"T-go" + sh.feed(), "T-ok\n", "T-no\n"}, filled: make(chan block, len(data)+2)}
		last, want := st.marks[1], io.EOF
		if short > 0 {
			last, want = st.marks[2], errFailed
		}
		sent := []byte(before + st.marks[0])
		sent = append(sent, bytes.ReplaceAll(append(bytes.Clone(data), last...), []byte("\n"), []byte(sh.feed()))...)
		sent = append(sent, after...)
		var end error
		for size := int(piece) + 1; len(sent) > 0 && end == nil; {
			k := min(size, len(sent))
			end = st.take(sent[:k])
			sent = sent[k:]
		}
		if end == nil {
			end = st.cut(ErrLost)
		}
		close(st.filled)
		var got []byte
		for b := range st.filled {
			got = append(got, b.data...)
		}
		if !errors.Is(end, want) || !bytes.Equal(got, data) {
			t.Errorf("%v, want %v: %q of %q", end, want, got, data)
		}
	})
}
