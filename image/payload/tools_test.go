package payload

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// tool runs a program with input, or skips the test if it is not there.
func tool(t *testing.T, in []byte, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name + " is not installed")
	}
	c := exec.Command(name, args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, &errs)
	}
	return out.Bytes()
}

// octal writes bytes as protoc's text format has them.
func octal(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, `\%03o`, c)
	}
	return s.String()
}

// TestToolsPayload reads a payload whose manifest protoc writes, and whose data other programs compress.
func TestToolsPayload(t *testing.T) {
	var want, data []byte
	var text strings.Builder
	fmt.Fprintf(&text, "block_size: 4096 minor_version: 0 max_timestamp: 1718000000 security_patch_level: \"2024-06-05\" partial_update: true\n")
	text.WriteString(`partitions { partition_name: "product" version: "3" `)
	for i, op := range []struct {
		kind int
		args []string
	}{
		{0, nil},
		{8, []string{"xz", "-c", "--check=crc64"}},
		{8, []string{"xz", "-c", "--check=none"}},
		{8, []string{"xz", "-c", "--check=crc32", "--x86", "--lzma2=preset=6"}}, // update_engine tries this filter, too
		{1, []string{"bzip2", "-c"}},
		{14, []string{"zstd", "-c", "-q", "-19"}},
	} {
		b := slices.Concat(imgtest.Noise(fmt.Sprint(i), 4*block), make([]byte, 2*block))
		packed := b
		if op.args != nil {
			packed = tool(t, b, op.args[0], op.args[1:]...)
		}
		sum := sha256.Sum256(packed)
		fmt.Fprintf(&text, "operations { type: %d data_offset: %d data_length: %d data_sha256_hash: \"%s\" dst_length: %d dst_extents { start_block: %d num_blocks: 6 } }\n",
			op.kind, len(data), len(packed), octal(sum[:]), len(b), i*6)
		data, want = append(data, packed...), append(want, b...)
	}
	sum := sha256.Sum256(want)
	fmt.Fprintf(&text, "new_partition_info { size: %d hash: \"%s\" } }\n", len(want), octal(sum[:]))
	manifest := tool(t, []byte(text.String()), "protoc", "--encode=DeltaArchiveManifest", "--proto_path=testdata", "testdata/manifest.proto")

	b := binary.BigEndian.AppendUint64([]byte("CrAU"), 2)
	b = binary.BigEndian.AppendUint64(b, uint64(len(manifest)))
	b = append(append(binary.BigEndian.AppendUint32(b, 0), manifest...), data...)
	f, err := Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Problems) > 0 || f.Patch != "2024-06-05" || !f.Partial || f.Made.Year() != 2024 {
		t.Errorf("%+v", f)
	}
	p := f.Partitions[0]
	if p.Name != "product" || p.Version != "3" || !bytes.Equal(p.SHA256, sum[:]) {
		t.Errorf("%s %s %x", p.Name, p.Version, p.SHA256)
	}
	flashtest.TestImage(t, p.Image, want)
}
