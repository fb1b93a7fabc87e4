package backup

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// zipOf makes a zip archive with a manifest of the sample, each name behind prefix. change
// gets a file's content before it is packed.
func zipOf(t testing.TB, prefix string, change func(name string, b []byte) []byte) []byte {
	t.Helper()
	files := map[string][]byte{"boot.img": noise("boot", 300<<10), "system.img": noise("system", 5*mib), "empty": {}}
	m := &flash.Manifest{Schema: flash.ManifestSchema, Kind: flash.KindArchive, Complete: true}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	put := func(name string, b []byte) {
		w, err := z.Create(prefix + name)
		if err == nil {
			_, err = w.Write(change(name, b))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range files {
		m.Files = append(m.Files, flash.ManifestFile{Name: name, Size: int64(len(b)), SHA256: fmt.Sprintf("%x", sha256.Sum256(b))})
		put(name, b)
	}
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	put(flash.ManifestName, b)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asItIs(_ string, b []byte) []byte { return b }

func TestOpenZip(t *testing.T) {
	for _, prefix := range []string{"", "ROM_1.parts/", "a/b/"} {
		b := zipOf(t, prefix, asItIs)
		if !Sniff(bytes.NewReader(b)) {
			t.Fatalf("%q: not known as an archive", prefix)
		}
		a, err := Open(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.Verify(t.Context(), VerifyOptions{})
		if err != nil || !r.OK || r.Members != 4 || len(r.Problems) > 0 {
			t.Errorf("%q: %+v, %v", prefix, r, err)
		}
		m := a.Member("boot.img")
		img := a.Image(m)
		want, got := noise("boot", 300<<10), make([]byte, 1000)
		for _, off := range []int64{200 << 10, 0, 299<<10 + 24, 5} { // backwards, too
			if _, err := img.ReadAt(got, off); err != nil || !bytes.Equal(got, want[off:off+1000]) {
				t.Errorf("%q: at 0x%x: %v", prefix, off, err)
			}
		}
		if n, err := img.ReadAt(got, m.Size-10); n != 10 || err != io.EOF {
			t.Errorf("%q: the last 10 bytes: %d, %v", prefix, n, err)
		}
	}
}

// What was changed in a zip archive whose own checksums are right again is told by the
// manifest's hashes.
func TestOpenZipChanged(t *testing.T) {
	b := zipOf(t, "", func(name string, b []byte) []byte {
		if name == "system.img" {
			b = bytes.Clone(b)
			b[4*mib] ^= 1
		}
		return b
	})
	a, err := Open(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Verify(t.Context(), VerifyOptions{Workers: 1})
	if err != nil || r.OK || len(r.Problems) != 1 || r.Problems[0].Place != "system.img" {
		t.Fatalf("%+v, %v", r, err)
	}
	whole := a.Image(a.Member("system.img"))
	if _, err := io.Copy(io.Discard, io.NewSectionReader(whole, 0, whole.Size())); !errors.Is(err, ErrChanged) {
		t.Errorf("read to its end: %v", err)
	}
	var lost []flash.Extent
	img := a.Salvage(a.Member("system.img"), func(e flash.Extent, err error) { lost = append(lost, e) })
	if _, err := io.Copy(io.Discard, io.NewSectionReader(img, 0, img.Size())); err != nil || len(lost) != 1 || lost[0].Length != 5*mib {
		t.Errorf("what is lost of it: %v, %v", lost, err)
	}
}

func TestOpenZipDamaged(t *testing.T) {
	short := zipOf(t, "", func(name string, b []byte) []byte {
		if name == "boot.img" {
			b = b[:1000]
		}
		return b
	})
	a, err := Open(bytes.NewReader(short))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := a.Verify(t.Context(), VerifyOptions{}); err != nil || r.OK || !strings.Contains(r.Problems[0].Text, "0x3e8 bytes in the archive") {
		t.Errorf("a shorter file: %+v, %v", r, err)
	}

	flipped := zipOf(t, "", asItIs)
	at := bytes.Index(flipped, []byte("system.img"))
	flipped[at+2*mib] ^= 0x55
	a, err = Open(bytes.NewReader(flipped))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := a.Verify(t.Context(), VerifyOptions{}); err != nil || r.OK {
		t.Errorf("a byte of the packed data: %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Verify(ctx, VerifyOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Zips of other people are not archives of ours.
func TestOpenZipStrange(t *testing.T) {
	for name, change := range map[string]func(string, []byte) []byte{
		"a manifest of others": func(name string, b []byte) []byte {
			if name == flash.ManifestName {
				return []byte(`{"schema": "theirs"}`)
			}
			return b
		},
		"no manifest to read": func(name string, b []byte) []byte {
			if name == flash.ManifestName {
				return []byte("[[[")
			}
			return b
		},
	} {
		b := zipOf(t, "", change)
		if _, err := Open(bytes.NewReader(b)); !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := zipOf(t, "", asItIs)
	for _, n := range []int{4, 30, len(b) / 2, len(b) - 1} {
		if _, err := Open(bytes.NewReader(b[:n])); !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

func FuzzOpenZip(f *testing.F) {
	f.Add(zipOf(f, "", func(name string, b []byte) []byte { return b[:min(len(b), 2000)] }))
	f.Add(zipOf(f, "p/", func(name string, b []byte) []byte { return b[:min(len(b), 900)] }))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := openZip(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, flash.ErrNotThis) {
				t.Errorf("%v", err)
			}
			return
		}
		var size int64
		for _, m := range a.Members() {
			size += m.Size
		}
		if size > 64<<20 {
			return
		}
		if _, err := a.Verify(t.Context(), VerifyOptions{Workers: 1}); err != nil {
			t.Errorf("verify: %v", err)
		}
	})
}
