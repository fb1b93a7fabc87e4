package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

const testdata = "../../../testdata"

// The files in the tree are what this generator makes now.
func TestCommittedFiles(t *testing.T) {
	list, err := files()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, f := range list {
		got, err := os.ReadFile(filepath.Join(testdata, f.name))
		if err != nil {
			t.Error(err)
			continue
		}
		total += len(got)
		if !bytes.Equal(got, f.data) {
			t.Errorf("testdata/%s is not what gen makes now: run go generate ./internal/imgtest and look at what changed", f.name)
		}
	}
	if total > 2<<20 {
		t.Errorf("testdata takes %d bytes, too much for a repository", total)
	}
}

// What is compressed unpacks to the phone, in frames that stand alone.
func TestCompress(t *testing.T) {
	img := imgtest.NewSparse(frame + 5000)
	img.Put(frame-10, []byte("across the frames"))
	b, err := compress(img)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	got, err := dec.DecodeAll(b, nil)
	if err != nil || !bytes.Equal(got, img.Bytes()) {
		t.Fatalf("unpacks to %d bytes, want %d, equal to the image; error %v", len(got), img.Size(), err)
	}

	var h zstd.Header
	if err := h.Decode(b); err != nil || h.FrameContentSize != frame || !h.HasFCS {
		t.Errorf("first frame states %d bytes (stated: %v), want %d; error %v", h.FrameContentSize, h.HasFCS, frame, err)
	}
	second := bytes.LastIndex(b, []byte{0x28, 0xb5, 0x2f, 0xfd})
	got, err = dec.DecodeAll(b[second:], nil)
	if err != nil || len(got) != 5000 {
		t.Errorf("the second frame alone unpacks to %d bytes, want 5000; error %v", len(got), err)
	}
}
