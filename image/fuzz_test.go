package image

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func FuzzSniff(f *testing.F) {
	f.Add(join(newSection("lk", 40, 0), newSection("cert1", 7, 0), newSection("cert2", 9, 1)))
	f.Add(join(oldSection("ATF", 64), oldSection("TEE", 64)))
	f.Add(build(2048*4, piece{0, "ANDROID!"}, le32(8, 500, 0, 300, 0, 100, 0, 0, 2048, 2)))
	f.Add(build(4096*3, piece{0, "VNDRBOOT"}, le32(8, 4, 2048, 0, 0, 500), le32(0x830, 2128, 700, 0, 0, 108, 1, 108, 9)))
	f.Add(build(512, piece{0, "AVB0"}, be32(4, 1, 0, 0, 128, 0, 128)))
	f.Add(join(build(48, be32(0, 0xD7B7AB1E, 40, 32, 32)), newSection("cert1", 10, 1)))
	f.Add(build(1100, piece{0x438, "\x53\xEF"}, le32(0x400, 16, 1), le32(0x428, 16)))
	f.Add(build(1200, le32(0x400, 0xF2F52010, 0, 0, 0, 12), le32(0x424, 1, 0)))
	f.Add(build(1200, le32(0x400, 0xE0F5E1E2, 0, 0, 12), le32(0x424, 1)))
	f.Add(build(512, piece{0, "\xEB\x3C\x90MSDOS5.0\x00\x02\x01\x01\x00\x02"}, piece{0x15, "\xF8"}, piece{0x1FE, "\x55\xAA"}))
	f.Add(newSigned(4, []byte("payload")))
	f.Add(join(build(64, piece{0x24, "\x18\x28\x6F\x01"}, le32(0x28, 0, 64)), build(40, be32(0, 0xD00DFEED, 40))))
	f.Add(newSigned(2, []byte("payload")))
	if root := os.Getenv("MTKKIT_CORPUS"); root != "" {
		for name := range samples(f) {
			b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b[:min(len(b), headSize)])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := Sniff(bytes.NewReader(b))
		if c.Length < 0 || c.Length > int64(len(b)) {
			t.Fatalf("length %d of %d bytes: %+v", c.Length, len(b), c)
		}
		if c.Kind == "" || c.Label != printable([]byte(c.Label)) {
			t.Fatalf("%+v", c)
		}
		for _, fill := range b[c.Length:min(c.Length+signatureSize, int64(len(b)))] {
			if c.Length != 0 && fill != 0 && fill != 0xFF {
				t.Fatalf("%+v of %d bytes cuts something off", c, len(b))
			}
		}
		for name := range promises {
			if Agrees(name, c) == Contradicted && c.Kind == Unknown {
				t.Fatalf("%s is contradicted by %+v", name, c)
			}
		}
	})
}
