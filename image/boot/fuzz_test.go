package boot_test

import (
	"bytes"
	"testing"

	"github.com/mtkkit/mtkkit/image/boot"
)

// Whatever is read comes out as it went in, and can be changed or says why not.
func FuzzRead(f *testing.F) {
	for _, b := range vectors() {
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	for _, moved := range []bool{true, false} {
		f.Add(withLoader(vectors()["v0"], "microloader", moved))
	}
	f.Add([]byte("SEANDROIDENFORCESignerVer02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, tr := range boot.ReadTrailers(bytes.NewReader(b)) {
			if tr.Length <= 0 || tr.End() > int64(len(b)) {
				t.Fatalf("%s at %s of 0x%x", tr.Name, tr.Extent, len(b))
			}
		}
		i, err := boot.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if got := encode(t, i); !bytes.Equal(got, b) {
			t.Fatalf("%d bytes became %d other ones", len(b), len(got))
		}
		for n := range i.Parts {
			p := &i.Parts[n]
			if p.Payload().Size() > p.Bytes().Size() || p.Bytes().Size() > p.Length {
				t.Fatalf("%s: payload %d of %d of %d", p.Name, p.Payload().Size(), p.Bytes().Size(), p.Length)
			}
		}
		rds := i.Ramdisks()
		if len(rds) == 0 || i.Replace(rds[0].Name, bytes.NewReader([]byte("other"))) != nil {
			return
		}
		again := read(t, encode(t, i))
		if got := all(t, again.Ramdisks()[0].Payload()); !bytes.Equal(got, []byte("other")) && len(again.Problems) == 0 {
			t.Fatalf("replaced by other, and it is %q", got)
		}
	})
}
