package payload

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/ulikunitz/xz"
)

// withManifest is a payload with a manifest of any bytes.
func withManifest(manifest []byte) []byte {
	b := make([]byte, headerSize, headerSize+len(manifest))
	copy(b, magic)
	binary.BigEndian.PutUint64(b[offVersion:], version)
	binary.BigEndian.PutUint64(b[offManifest:], uint64(len(manifest)))
	return append(b, manifest...)
}

// allocated returns how many bytes are allocated while do runs.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// An empty message needs two bytes in the manifest, and a hundred in memory.
func TestEmptyMessages(t *testing.T) {
	partition := []byte{13<<3 | 2, 0}
	operation := bytes.Repeat([]byte{8<<3 | 2, 0}, 8<<20)
	for name, tt := range map[string]struct {
		manifest []byte
		text     string
	}{
		"partitions": {bytes.Repeat(partition, 8<<20), "more than 1024 partitions"},
		"operations": {append(binary.AppendUvarint([]byte{13<<3 | 2}, uint64(len(operation))), operation...), "more than 131072 operations"},
	} {
		b := withManifest(tt.manifest)
		var err error
		if n := allocated(func() { _, err = Read(bytes.NewReader(b)) }); n > 128<<20 {
			t.Errorf("%s: %s allocated", name, flash.Size(int64(n)))
		}
		if err == nil || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nobody reads a line for each of many bad operations.
func TestManyBadOperations(t *testing.T) {
	for name, block := range map[string]uint64{"beyond the partition": 9, "the same blocks": 1} {
		ops := make([]imgtest.PayloadOperation, 5000)
		for i := range ops {
			ops[i] = imgtest.PayloadOperation{Type: 6, Writes: [][2]uint64{{block, 1}}}
		}
		f := read(t, imgtest.Payload{BlockSize: 4096, Partitions: []imgtest.PayloadPartition{{Name: "boot", Size: 2 * 4096, Operations: ops}}})
		said := false
		for _, p := range f.Problems {
			said = said || strings.Contains(p.Text, "more operations are left out")
		}
		if !said || len(f.Problems) > maxTold+2 {
			t.Errorf("%s: %d problems", name, len(f.Problems))
		}
	}
}

// The bytes of operations that are kept are bounded, whatever size they have.
func TestKeptBytes(t *testing.T) {
	const n, size = 8, maxUnpacked
	data := packZstd(t, make([]byte, size))
	var ops []imgtest.PayloadOperation
	for i := range uint64(n) {
		ops = append(ops, imgtest.PayloadOperation{Type: 14, Data: data, Writes: [][2]uint64{{i * size / block, size / block}}})
	}
	f := read(t, imgtest.Payload{BlockSize: block, Partitions: []imgtest.PayloadPartition{{Name: "super", Size: n * size, Operations: ops}}})
	img := f.Partitions[0].Image
	if _, err := io.Copy(io.Discard, io.NewSectionReader(img, 0, img.Size())); err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, u := range img.(*partition).file.kept {
		total += u.op.length
	}
	if total > keptBytes {
		t.Errorf("%s are kept", flash.Size(total))
	}
}

// A dictionary that is larger than usual is read, if update_engine reads it.
func TestLargeDictionary(t *testing.T) {
	plain := imgtest.Noise("x", block)
	pack := func(dictionary int) []byte {
		var out bytes.Buffer
		w, err := xz.WriterConfig{CheckSum: xz.CRC32, DictCap: dictionary}.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for dictionary, text := range map[int]string{usualDictionary: "", maxDictionary: "", 2 * maxDictionary: "the dictionary is too large"} {
		f := read(t, imgtest.Payload{BlockSize: block, Partitions: []imgtest.PayloadPartition{{Name: "boot", Size: block,
			Operations: []imgtest.PayloadOperation{{Type: 8, Data: pack(dictionary), Writes: [][2]uint64{{0, 1}}}}}}})
		b, err := flash.ReadFull(f.Partitions[0].Image, 0, block)
		if text == "" && (err != nil || !bytes.Equal(b, plain)) || text != "" && (err == nil || !strings.Contains(err.Error(), text)) {
			t.Errorf("%d: %v", dictionary, err)
		}
	}
}
