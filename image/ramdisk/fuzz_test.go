package ramdisk_test

import (
	"bytes"
	"testing"

	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// Whatever is read comes out as it went in; edited, it can be read again.
func FuzzRead(f *testing.F) {
	small := archive(record("a", ramdisk.File|0o644, "text"), record("../b", ramdisk.Symlink|0o777, "/etc"))
	for _, c := range compressions {
		f.Add(pack(f, small, c))
		f.Add(append(pack(f, small, c), small...))
	}
	f.Add([]byte(busybox()))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 20
		r, err := ramdisk.Read(bytes.NewReader(b), limit)
		if err != nil {
			return
		}
		if got := encode(t, r); !bytes.Equal(got, b) {
			t.Fatalf("%d bytes became %d other ones", len(b), len(got))
		}
		list := r.Entries()
		if len(list) == 0 {
			return
		}
		list[0].Data = []byte("edited")
		plain := all(t)(r.Recompress(ramdisk.None))
		again, err := ramdisk.Read(bytes.NewReader(plain), 2*limit)
		if err != nil {
			t.Fatalf("edited, it cannot be read: %v", err)
		}
		if got := again.Entries(); len(got) == 0 || string(got[0].Data) != "edited" {
			t.Fatalf("edited, %d entries", len(got))
		}
	})
}
