package imgtest

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// An IMEI as WriteIMEI (github.com/chuacw/WriteIMEI) packs it, worked out by hand from its
// description.
func TestMaskedIMEI(t *testing.T) {
	// 21 43 65 87 09 21 43 05 under the mask, 57 DB, and the sums.
	const want = "8ae30aa8163fd94057db" + "da" + "e5"
	if got := hex.EncodeToString(maskedIMEI("123456789012345")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, imei := range testIMEIs {
		sum := 0
		for i, c := range imei {
			d := int(c-'0') << (i % 2)
			sum += d/10 + d%10
		}
		if len(imei) != 15 || !strings.HasPrefix(imei, "00") || sum%10 != 0 {
			t.Errorf("%s is no IMEI for tests: sum %d", imei, sum)
		}
	}
}

// The ramdisks of all phones unpack with other people's programs, to the files given.
func TestPackedRamdisks(t *testing.T) {
	a := android{chip: "MT6765", board: "demo"}
	boot, recovery := a.ramdisks()
	for _, list := range [][]CPIOFile{boot, recovery} {
		b := packed(list)
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		archive, err := io.ReadAll(z)
		if err != nil || len(b) != 0x5000 || !bytes.HasPrefix(archive, CPIO(list...)) {
			t.Errorf("0x%x bytes, error %v", len(b), err)
		}
		dir := t.TempDir()
		run(t, "sh", "-c", `cd "$1" && "$2" -idm --quiet <"$3"`, "sh", dir, tool(t, "cpio"), tempFile(t, archive))
		for _, f := range list {
			if f.Mode>>12 != 8 {
				continue
			}
			if got, err := os.ReadFile(filepath.Join(dir, f.Name)); err != nil || string(got) != f.Data {
				t.Errorf("%s has %d bytes, want %d; error %v", f.Name, len(got), len(f.Data), err)
			}
		}
	}
}

// Every file system in the phones is sound, by the programs of those who made the formats.
func TestFileSystemsOfPhones(t *testing.T) {
	e2fsck, erofs := tool(t, "e2fsck"), tool(t, "fsck.erofs")
	ext4s, erofss := 0, 0
	check := func(p *Phone, e flash.Extent) {
		b := p.User.Range(flash.Extent{Offset: e.Offset, Length: 4096})
		switch {
		case le.Uint16(b[0x438:]) == 0xef53:
			ext4s++
			run(t, e2fsck, "-fn", imageFile(t, e.Length, piece{0, p.User.Range(e)}))
		case le.Uint32(b[0x400:]) == 0xe0f5e1e2:
			erofss++
			run(t, erofs, imageFile(t, e.Length, piece{0, p.User.Range(e)}))
		}
	}
	for _, p := range phones() {
		for _, r := range p.Rows[1:] {
			check(p, r.Extent)
			if r.Name == "super" { // the logical partitions: see Super and logicalParts
				check(p, flash.Extent{Offset: r.Offset + mib, Length: mib})
				check(p, flash.Extent{Offset: r.Offset + 2*mib, Length: mib})
			}
		}
	}
	if want := 2 * (5 + 5 + 9 + 6 + 2); ext4s != want || erofss != 2*2 {
		t.Errorf("%d ext4 and %d EROFS were looked at, want %d and 4", ext4s, erofss, want)
	}
}
