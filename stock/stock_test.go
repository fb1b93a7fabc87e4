package stock_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/stock"
)

const (
	thisBuild  = "shop/one/one:12/SP1A/1:user/release-keys"
	sameBuild  = "generic/vendor/one:12/SP1A/1:user/release-keys" // of another partition
	otherBuild = "shop/one/one:12/SP1A/2:user/release-keys"
)

// cutPhone writes the dump of a phone with slots, cut before boot_a, with vbmeta blocks of its two slots.
func cutPhone(t *testing.T, a, b imgtest.AVBBlock) *dump.Dump {
	t.Helper()
	p := imgtest.SmallMT6893()
	dir := t.TempDir()
	if err := p.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ROM_1")
	if err := os.Remove(filepath.Join(dir, "BOOT_1")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, block := range map[string]imgtest.AVBBlock{"vbmeta_a": a, "vbmeta_b": b} {
		row := p.Row(name)
		page := make([]byte, row.Length)
		copy(page, block.Bytes())
		if _, err := f.WriteAt(page, row.Offset); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(p.Row("boot_a").Offset); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

func open(t *testing.T, path string) *dump.Dump {
	t.Helper()
	d, err := dump.Open(t.Context(), path, dump.Options{Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// payload writes a package with these images, each a whole number of blocks.
func payload(t *testing.T, images map[string][]byte) *dump.Dump {
	t.Helper()
	p := imgtest.Payload{BlockSize: 4096}
	for name, b := range images {
		for len(b)%4096 != 0 {
			b = append(b, 0)
		}
		sum := sha256.Sum256(b)
		p.Partitions = append(p.Partitions, imgtest.PayloadPartition{Name: name, Size: uint64(len(b)), SHA256: sum[:],
			Operations: []imgtest.PayloadOperation{{Type: 0, Data: b, Writes: [][2]uint64{{0, uint64(len(b) / 4096)}}}}})
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "payload.bin"), p.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

func advise(t *testing.T, phone, pkg *dump.Dump) map[string]stock.Row {
	t.Helper()
	a, err := stock.Advise(t.Context(), phone, pkg, stock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]stock.Row{}
	for _, r := range a.Rows {
		rows[r.Name] = r
	}
	return rows
}

// want checks one row: the verdict, and words of the reason.
func want(t *testing.T, rows map[string]stock.Row, name string, v stock.Verdict, why string) {
	t.Helper()
	if r, ok := rows[name]; !ok || r.Verdict != v || !strings.Contains(r.Why, why) {
		t.Errorf("%s: %q, %q; want %q, … %q …", name, r.Verdict, r.Why, v, why)
	}
}

func block(index uint64, build string, more ...[]byte) imgtest.AVBBlock {
	b := imgtest.AVBBlock{RollbackIndex: index, Descriptors: more}
	if build != "" {
		b.Descriptors = append(b.Descriptors, imgtest.AVBProperty("com.android.build.boot.fingerprint", build))
	}
	return b
}

func TestDescriptors(t *testing.T) {
	boot, other := imgtest.Noise("boot", 8192), imgtest.Noise("other", 8192)
	salt := []byte("salt")
	phone := cutPhone(t, block(5, "", imgtest.AVBHash("boot", boot, salt)), block(5, "", imgtest.AVBHash("boot", other, salt)))
	rows := advise(t, phone, payload(t, map[string][]byte{"boot": boot, "logo": imgtest.Noise("logo", 4096), "nvram": boot}))
	want(t, rows, "boot_a", stock.Fits, "bytes that vbmeta_a of this phone wants")
	want(t, rows, "boot_b", stock.Wrong, "not have the bytes that vbmeta_b")
	want(t, rows, "logo", stock.Unknown, "nothing in the dump tells")
	want(t, rows, "userdata", stock.Own, "data of the phone's owner")
	want(t, rows, "sgpt", stock.Own, "partition table")
	want(t, rows, "super", stock.Absent, "no image of it")
	if r := rows["boot_a"]; r.In != "payload.bin" || r.Part != "boot" || r.File == "" || r.Size != 8192 {
		t.Errorf("%+v", r)
	}
	if _, ok := rows["nvram"]; ok {
		t.Error("nvram is whole, and yet something is said about it")
	}
}

func TestBuilds(t *testing.T) {
	images := func(build string, index uint64) map[string][]byte {
		return map[string][]byte{"boot": imgtest.Noise("boot", 4096), "logo": imgtest.Noise("logo", 4096), "vbmeta": block(index, build).Bytes(),
			"tee": imgtest.Noise("tee", 4<<20), "system": imgtest.Noise("system", 4096)}
	}
	phone := cutPhone(t, block(5, thisBuild), block(3, otherBuild))
	rows := advise(t, phone, payload(t, images(sameBuild, 5)))
	want(t, rows, "boot_a", stock.Fits, "of the build of this phone: "+sameBuild)
	want(t, rows, "boot_b", stock.Wrong, "is of the build "+sameBuild+", the phone has "+otherBuild)
	want(t, rows, "tee_a", stock.Wrong, "but the partition only 0x")
	want(t, rows, "super", stock.Absent, "one by one: only fastbootd")

	rows = advise(t, phone, payload(t, images(otherBuild, 4)))
	want(t, rows, "boot_a", stock.Wrong, "older: its vbmeta_a has the rollback index 4, that of this phone 5")
	want(t, rows, "boot_b", stock.Fits, otherBuild)
}

// A chained partition has a key, which the phone's vbmeta names.
func TestChains(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public := imgtest.AVBKey(key.N)
	signed := imgtest.AVBBlock{Algorithm: 1, Key: public, Sign: func(message []byte) (hash, sig []byte) {
		sum := sha256.Sum256(message)
		sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return sum[:], sig
	}}.Bytes()
	changed := bytes.Clone(signed)
	changed[0x70]++
	footed := func(block []byte) []byte { return imgtest.AVBFooted(imgtest.Noise("boot", 8192), block, 8192, 64<<10) }
	for name, c := range map[string]struct {
		key, image []byte
		want       stock.Verdict
	}{
		"signed": {public, footed(signed), stock.Fits}, "with another key": {imgtest.Noise("x", 520), footed(signed), stock.Wrong},
		"changed": {public, footed(changed), stock.Wrong}, "no block": {public, imgtest.Noise("boot", 8192), stock.Wrong},
	} {
		t.Run(name, func(t *testing.T) {
			phone := cutPhone(t, block(1, thisBuild, imgtest.AVBChain("boot", c.key)), block(1, thisBuild))
			rows := advise(t, phone, payload(t, map[string][]byte{"boot": c.image, "vbmeta": block(1, thisBuild).Bytes()}))
			want(t, rows, "boot_a", c.want, "")
		})
	}
}

func TestNoPackage(t *testing.T) {
	phone := cutPhone(t, block(0, ""), block(0, ""))
	_, err := stock.Advise(t.Context(), phone, phone, stock.Options{})
	if err == nil || !strings.Contains(err.Error(), "no firmware package") {
		t.Error(err)
	}
}

// A backup reports what it has lost while it is read.
func TestLost(t *testing.T) {
	phone := cutPhone(t, block(0, thisBuild), block(0, thisBuild))
	a, err := stock.Advise(t.Context(), phone, payload(t, map[string][]byte{"lk": imgtest.Noise("lk", 4096), "vbmeta": block(0, thisBuild).Bytes()}), stock.Options{
		Lost: func(r flash.Region) []flash.Extent {
			row := imgtest.SmallMT6893().Row("lk_b")
			return []flash.Extent{{Offset: row.Offset + 0x1000, Length: 0x2000}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, r := range a.Fitting() {
		said += fmt.Sprintln(r.Name, r.Hurt)
	}
	if said != "lk_b 8 KiB of 1 MiB are damaged in the backup, from 0x1000 on\n" {
		t.Error(said)
	}
}
