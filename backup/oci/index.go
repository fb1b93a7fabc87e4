package oci

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/flash"
)

// indexSchema is the version of the index.
const indexSchema = "mtkkit.index/1"

const (
	chunkSize = 4 << 20  // bytes of a zstd frame
	maxIndex  = 64 << 20 // size limit of index.json, bytes: enough for a phone of 4 TB
	maxFile   = 1 << 46  // bytes of one file
)

// index lists the blobs of the files of a backup.
type index struct {
	Schema string      `json:"schema"`
	Chunk  int64       `json:"chunk"`
	Files  []indexFile `json:"files"`
}

type indexFile struct {
	Name   string       `json:"name"`
	Size   int64        `json:"size"`
	SHA256 sum          `json:"sha256"`
	Sealed bool         `json:"sealed,omitempty"` // its blobs are sealed for the key of the backup
	Groups []indexGroup `json:"groups"`
}

// indexGroup is a group of consecutive chunks in one blob.
type indexGroup struct {
	Size     int64         `json:"size"`
	Plain    sum           `json:"plain"` // SHA-256 over the sums of its chunks
	Blob     digest.Digest `json:"blob"`
	BlobSize int64         `json:"blob_size"`
	Chunks   []sum         `json:"chunks"` // SHA-256 of each
}

// sum is a SHA-256, in JSON as 64 hex digits.
type sum [sha256.Size]byte

func (s sum) String() string               { return hex.EncodeToString(s[:]) }
func (s sum) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s *sum) UnmarshalText(b []byte) error {
	if len(b) != 2*sha256.Size {
		return fmt.Errorf("%.80q is not a SHA-256", b)
	}
	_, err := hex.Decode(s[:], b)
	return err
}

// plainSum returns the sum that identifies a group: the SHA-256 over the sums of its chunks.
func plainSum(chunks []sum) sum {
	h := sha256.New()
	for i := range chunks {
		h.Write(chunks[i][:])
	}
	return sum(h.Sum(nil))
}

// open returns the index without the sealed files.
func (x *index) open() *index {
	out := &index{Schema: x.Schema, Chunk: x.Chunk, Files: []indexFile{}}
	for _, f := range x.Files {
		if !f.Sealed {
			out.Files = append(out.Files, f)
		}
	}
	return out
}

func (g *indexGroup) descriptor() ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: MediaTypeGroup, Digest: g.Blob, Size: g.BlobSize}
}

// chunks returns the number of chunks of n bytes.
func chunks(n int64) int64 { return (n + chunkSize - 1) / chunkSize }

// decodeIndex parses an index and checks everything that a reader relies on: names that stay in
// their folder, groups that make up their file, chunks that make up their group. Errors are
// *flash.FormatError.
func decodeIndex(b []byte) (*index, error) {
	x := new(index)
	if err := json.Unmarshal(b, x); err != nil {
		return nil, indexError("does not follow its schema", err)
	}
	if x.Schema != indexSchema || x.Chunk != chunkSize {
		return nil, indexError(fmt.Sprintf("schema %q with chunks of %d bytes, not %q with %d", x.Schema, x.Chunk, indexSchema, chunkSize), nil)
	}
	seen := map[string]bool{}
	for i := range x.Files {
		f := &x.Files[i]
		if err := flash.CheckFileName(f.Name); err != nil {
			return nil, indexError("files", err)
		}
		k := strings.ToLower(f.Name)
		if seen[k] {
			return nil, indexError(fmt.Sprintf("file %q has the same name as another, except for upper and lower case", f.Name), nil)
		}
		seen[k] = true
		if err := f.check(); err != nil {
			return nil, indexError(fmt.Sprintf("file %q", f.Name), err)
		}
	}
	return x, nil
}

func (f *indexFile) check() error {
	if f.Size < 0 || f.Size > maxFile {
		return fmt.Errorf("size %d is invalid", f.Size)
	}
	if f.SHA256 == (sum{}) {
		return errors.New("has no SHA-256, so that nothing proves it")
	}
	left := f.Size
	for i := range f.Groups {
		g := &f.Groups[i]
		switch last := i == len(f.Groups)-1; {
		case g.Size <= 0 || g.Size > left || last && g.Size != left || !last && g.Size%chunkSize != 0:
			return fmt.Errorf("group %d has 0x%x bytes, but only 0x%x of 0x%x are left", i, g.Size, left, f.Size)
		case int64(len(g.Chunks)) != chunks(g.Size):
			return fmt.Errorf("group %d of 0x%x bytes has %d chunks", i, g.Size, len(g.Chunks))
		case g.Plain != plainSum(g.Chunks):
			return fmt.Errorf("group %d: its sum does not match its chunks", i)
		case g.Blob.Validate() != nil || g.Blob.Algorithm() != digest.SHA256 || g.BlobSize <= 0:
			return fmt.Errorf("group %d: blob %.80q of %d bytes is invalid", i, g.Blob, g.BlobSize)
		}
		left -= g.Size
	}
	if left > 0 {
		return fmt.Errorf("its groups end 0x%x bytes before its end", left)
	}
	return nil
}

func indexError(text string, cause error) error {
	return &flash.FormatError{Format: "oci: index", Offset: flash.NoOffset, Text: text, Err: cause}
}
