package oci

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/mtkkit/mtkkit/flash"
)

// someIndex is an index of one file in two groups.
func someIndex() *index {
	a, b, c := sum{1}, sum{2}, sum{3}
	blob := digest.FromString("x")
	return &index{Schema: indexSchema, Chunk: chunkSize, Files: []indexFile{{Name: "system.img", Size: 2*chunkSize + 5, SHA256: sum{7}, Groups: []indexGroup{
		{Size: 2 * chunkSize, Plain: plainSum([]sum{a, b}), Blob: blob, BlobSize: 9, Chunks: []sum{a, b}},
		{Size: 5, Plain: plainSum([]sum{c}), Blob: blob, BlobSize: 9, Chunks: []sum{c}},
	}}}}
}

func encodeIndex(t testing.TB, x *index) []byte {
	t.Helper()
	b, err := json.Marshal(x)
	check(t, err)
	return b
}

func TestIndexRoundTrip(t *testing.T) {
	b := encodeIndex(t, someIndex())
	x, err := decodeIndex(b)
	check(t, err)
	if again := encodeIndex(t, x); !bytes.Equal(again, b) {
		t.Errorf("read and written again it is\n%s\nnot\n%s", again, b)
	}
}

// What an index must not say: each is refused, and told in words that name it.
func TestBadIndex(t *testing.T) {
	for _, c := range []struct {
		name, says string
		harm       func(x *index)
	}{
		{"another schema", "schema", func(x *index) { x.Schema = "mtkkit.index/2" }},
		{"another chunk", "chunks of", func(x *index) { x.Chunk = 1 << 40 }},
		{"a path", "contains", func(x *index) { x.Files[0].Name = "../system.img" }},
		{"a device", "device on Windows", func(x *index) { x.Files[0].Name = "nul" }},
		{"twice", "the same name", func(x *index) {
			x.Files = append(x.Files, x.Files[0])
			x.Files[1].Name = "SYSTEM.IMG"
		}},
		{"no sum", "has no SHA-256", func(x *index) { x.Files[0].SHA256 = sum{} }},
		{"negative", "size -1", func(x *index) { x.Files[0].Size = -1 }},
		{"beyond all disks", "is invalid", func(x *index) { x.Files[0].Size = 1 << 60 }},
		{"too short", "groups end", func(x *index) { x.Files[0].Groups = nil }},
		{"too long", "are left", func(x *index) { x.Files[0].Size = chunkSize }},
		{"a crooked group", "are left", func(x *index) { x.Files[0].Groups[0].Size-- }},
		{"a negative group", "are left", func(x *index) { x.Files[0].Groups[0].Size = -5 }},
		{"too few chunks", "has 1 chunks", func(x *index) { x.Files[0].Groups[0].Chunks = x.Files[0].Groups[0].Chunks[:1] }},
		{"another sum", "does not match its chunks", func(x *index) { x.Files[0].Groups[1].Plain[5]++ }},
		{"a digest that is a path", "is invalid", func(x *index) { x.Files[0].Groups[1].Blob = "sha256:../../etc" }},
		{"another hash", "is invalid", func(x *index) { x.Files[0].Groups[1].Blob = digest.SHA512.FromString("x") }},
		{"an empty blob", "is invalid", func(x *index) { x.Files[0].Groups[1].BlobSize = 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := someIndex()
			c.harm(x)
			_, err := decodeIndex(encodeIndex(t, x))
			var bad *flash.FormatError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("told as %v, want words of %q", err, c.says)
			}
		})
	}
	for _, s := range []string{"", "{", "[]", `{"schema":"mtkkit.index/1","chunk":4194304,"files":[{"sha256":"zz"}]}`} {
		if _, err := decodeIndex([]byte(s)); err == nil {
			t.Errorf("%q was taken for an index", s)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add(encodeIndex(f, someIndex()))
	f.Add(encodeIndex(f, &index{Schema: indexSchema, Chunk: chunkSize}))
	f.Add([]byte(`{"schema":"mtkkit.index/1","chunk":4194304,"files":[{"name":"a","size":0}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := decodeIndex(b)
		if err != nil {
			return
		}
		again, err := decodeIndex(encodeIndex(t, x))
		if err != nil || !bytes.Equal(encodeIndex(t, again), encodeIndex(t, x)) {
			t.Fatalf("what was read is not what is written: %v", err)
		}
		// Whatever it says, an image of it answers without looking at blobs, in order.
		for i := range x.Files {
			m := &image{ctx: context.Background(), file: &x.Files[i], chunk: -1}
			if m.file.Size > 1<<30 {
				continue
			}
			for off := int64(0); off < m.Size(); {
				d, err := m.NextData(off)
				if err != nil || d.Offset < off || d.Length == 0 && d.Offset != m.Size() || d.End() > m.Size() {
					t.Fatalf("NextData(%d) = %v, %v of %d", off, d, err, m.Size())
				}
				off = max(d.End(), off+1)
			}
		}
	})
}

// FuzzBlob reads groups of hostile bytes: they are refused, and nothing is allocated on
// their word.
func FuzzBlob(f *testing.F) {
	p, err := newPacker(1, 1)
	check(f, err)
	good := p.enc.EncodeAll([]byte("twelve bytes"), nil)
	f.Add(good, int64(12))
	f.Add(append(slices.Clone(good), good...), int64(24))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, int64(100))
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
		if size <= 0 || size > chunkSize || len(b) == 0 {
			return
		}
		s := sum{9}
		file := &indexFile{Name: "x", Size: size, Groups: []indexGroup{{Size: size, Plain: plainSum([]sum{s}), Blob: digest.FromBytes(b), BlobSize: int64(len(b)), Chunks: []sum{s}}}}
		m := &image{ctx: context.Background(), file: file, chunk: -1, store: memory(b)}
		if _, err := m.ReadAt(make([]byte, size), 0); err == nil || err == io.EOF {
			t.Fatal("bytes whose sum cannot be right were given out")
		}
	})
}
