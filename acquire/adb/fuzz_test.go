package adb

import (
	"bytes"
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
		if err == nil && !d.Ready() {
			t.Errorf("%+v is chosen", d)
		}
	})
}

func FuzzNodes(f *testing.F) {
	f.Add(" 179 0 24576 mmcblk0\n 8 32 1 sdc", "lrwx boot -> /dev/block/sdc20", "preloader 0x600000 0x0 2 /dev/misc-sd", "/dev/block/dm-0 /data ext4 rw 0 0", "mtd0: 1 2 \"x\"")
	f.Fuzz(func(t *testing.T, partitions, links, dumchar, mounts, mtd string) {
		n := parseNodes(partitions, links, dumchar, mounts, mtd)
		storage, regions := n.regions()
		for _, r := range regions {
			if _, ok := n.kib[r.name]; !ok || storage == "" {
				t.Errorf("%+v of %q, which the phone does not list", r, storage)
			}
			if strings.ContainsAny(r.name, " /'\";$`") {
				t.Errorf("%q goes into a command", r.name)
			}
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
