package preloader

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// seed gives a fuzzer our own vectors, and the beginnings of real regions when there
// are any: mutating whole ones finds nothing in half a minute.
func seed(f *testing.F) {
	small := gfh{sigType: 3, sigLen: 0x124, content: "platform/mt6833/ alps-mp-p0 20151216-191334 AND_ROMINFO_v", board: "preloader_k68.bin", emi: 2}
	file := small.build()
	two := gfh{fileType: 2, sigType: 1, sigLen: 0x20, sha1: true}.build()
	f.Add([]byte{})
	f.Add(file)
	f.Add(emmc(file)[:0x800+len(file)])
	f.Add(emmc(file)[:0x900])
	f.Add(append(bytes.Clone(file), "tail"...))
	f.Add(region("UFS_BOOT", 0x1000, []entry{{0xC, 1, 0x1000, 0x21000, 1}}, map[int][]byte{0x1000: file}, 0x1000+len(file)))
	f.Add(region("SF_BOOT", 0x200, []entry{{7, 1, 0x800, 0x1000, 1}, {7, 2, 0x1800, 0x2000, 0}, {7, 2, 0x200, 0, 0}},
		map[int][]byte{0x800: two, 0x1800: two}, 0x2000))
	f.Add([]byte("BOOTLOADER!\x00V006NFIINFO\x00\x00\x00\x00\x08"))
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		return
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && Sniff(image(b)) {
			f.Add(b[:min(len(b), 0x1400)])
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
}

// checkRest states what holds for whatever Rest returns: stretches of the image, in order and
// apart, each with more in it than one run of fill.
func checkRest(t *testing.T, b []byte) {
	rest, err := Rest(image(b))
	if err != nil {
		t.Fatal(err)
	}
	end := int64(0)
	for _, e := range rest {
		if e.Offset < end || e.Length <= 0 || e.End() > int64(len(b)) || flash.IsFill(b[e.Offset:e.End()], 0x00) || flash.IsFill(b[e.Offset:e.End()], 0xFF) {
			t.Fatalf("the rest of %d bytes is %v", len(b), rest)
		}
		end = e.End()
	}
}

// checkRegion states what holds for whatever Read returns.
func checkRegion(t *testing.T, b []byte, r *Region) {
	whole := flash.Extent{Length: int64(len(b))}
	for _, f := range r.Files {
		e := f.Extent
		switch {
		case e.Offset < 0 || e.Length < infoSize || e.Length > maxFile || f.Cut() == whole.Contains(e):
			t.Fatalf("extent %v of %d bytes, cut %v", e, len(b), f.Cut())
		case !e.Contains(f.Content) || !e.Contains(f.Signature):
			t.Fatalf("content %v, signature %v outside %v", f.Content, f.Signature, e)
		case f.Proof.OK && !f.Signature.Contains(flash.Extent{Offset: f.Proof.Offset, Length: 20}):
			t.Fatalf("digest at 0x%x, outside %v", f.Proof.Offset, f.Signature)
		case !whole.Contains(f.Tail.Extent) || filepath.Base(f.Name()) != f.Name():
			t.Fatalf("tail %v, name %q", f.Tail.Extent, f.Name())
		}
		for _, x := range f.Records {
			if x.Size < gfhHeaderSize || x.Offset < e.Offset || x.Offset+int64(x.Size) > f.Content.Offset {
				t.Fatalf("record %+v outside its place", x)
			}
		}
		if r.Medium == MediumGFH && e.Offset != 0 {
			t.Fatalf("bare file at 0x%x", e.Offset)
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	}
}

func FuzzRead(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkRest(t, b)
		r, err := Read(image(b))
		if err != nil {
			if r != nil || !isFormat(err) {
				t.Fatalf("%+v, %v", r, err)
			}
			return
		}
		checkRegion(t, b, r)
		if len(r.Files) == 0 && flash.Worst(r.Problems) < flash.Error {
			t.Fatalf("nothing found, and nobody told: %v", r.Problems)
		}
	})
}

func FuzzFix(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		fixed, _, err := Fix(image(b))
		refused := flash.AsRefusal(err)
		if err != nil && refused == nil && !isFormat(err) {
			t.Fatal(err)
		}
		if err == nil && len(fixed) == 0 {
			t.Fatal("nothing, without a reason")
		}
		for _, x := range fixed {
			got := bytesOf(t, x.Image)
			if !bytes.Equal(got, b[x.Extent.Offset:x.Extent.End()]) {
				t.Fatal("not the bytes of the image")
			}
			if x.Refused != nil {
				continue
			}
			// What is handed out is flashable, and fixing it again changes nothing.
			again, _, err := Fix(image(got))
			if err != nil || len(again) != 1 || !again[0].Already || again[0].Name != x.File.Name() {
				t.Fatalf("fixed twice: %+v, %v", again, err)
			}
			if x.File.Info.FileType == typeARMBL && x.File.Info.MaxSize < 1<<30 {
				wrapped, err := Wrap(x.Image, WrapOptions{})
				if err != nil || !bytes.Equal(wrapped[0x800:], got) {
					t.Fatalf("wrap: %v", err)
				}
			}
		}
		if _, _, err := FixPair(image(b), image(b)); (err == nil) != (refused == nil && len(fixed) > 0) {
			t.Fatalf("a pair of the same: %v", err)
		}
	})
}
