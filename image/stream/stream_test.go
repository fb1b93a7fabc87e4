package stream

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"github.com/mtkkit/mtkkit/flash"
)

func packXZ(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := xz.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(b []byte) (io.ReadCloser, error) { return Open(bufio.NewReader(bytes.NewReader(b))) }

func TestOpen(t *testing.T) {
	b := packXZ(t, "a boot image")
	if !Sniff(b) {
		t.Error("not recognised")
	}
	r, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "a boot image" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := open([]byte("ANDROID!")); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("a plain image: %v", err)
	}
}

// The first block asks for a dictionary of 4 GiB.
func TestDictionary(t *testing.T) {
	b := packXZ(t, "text")
	const block = 12
	end := block + int(b[block]+1)*4 - 4 // of the block header, without its sum
	b[bytes.Index(b, []byte{0x21, 1})+2] = 40
	binary.LittleEndian.PutUint32(b[end:], crc32.ChecksumIEEE(b[block:end]))
	r, err := open(b)
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if err == nil || !strings.Contains(err.Error(), "it asks for more than 256 MiB") {
		t.Errorf("4 GiB dictionary: %v", err)
	}
}

// Files of xz with the filters that update packages have for programs.
func TestFilters(t *testing.T) {
	tool, err := exec.LookPath("xz")
	if err != nil {
		t.Skip("xz is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	plain = plain[:min(len(plain), 1<<20)]
	for _, filter := range []string{"--x86", "--arm", "--armthumb"} {
		cmd := exec.Command(tool, "-c", "--check=none", filter, "--lzma2=preset=6")
		cmd.Stdin = bytes.NewReader(plain)
		packed, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		r, err := open(packed)
		if err != nil {
			t.Fatalf("%s: %v", filter, err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %d bytes, %v", filter, len(got), err)
		}
		r, _ = open(packed[:len(packed)/2])
		if _, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s, cut: %v", filter, err)
		}
	}
}

// A hostile stream ends, and its first bytes alone cost no memory.
func FuzzOpen(f *testing.F) {
	for _, k := range kinds {
		f.Add([]byte(k.magic + "\x64\x40\xa7\x00\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := open(b)
		if err != nil {
			return
		}
		defer r.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
	})
}
