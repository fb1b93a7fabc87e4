package ramdisk_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// filter runs a tool from standard input to standard output.
func filter(t *testing.T, in []byte, tool string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(tool, args...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v", tool, args, err)
	}
	return out
}

// lookTool skips a test when a tool is not installed.
func lookTool(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skip(tool, "is not installed")
	}
}

// What other tools pack is read, and what is packed here other tools unpack.
func TestTools(t *testing.T) {
	for c, args := range map[ramdisk.Compression][]string{
		ramdisk.Gzip:      {"gzip", "-9n"},
		ramdisk.LZ4Legacy: {"lz4", "-l", "-9"},
		ramdisk.LZ4:       {"lz4", "-9"},
		ramdisk.XZ:        {"xz", "--check=crc32", "--lzma2=dict=512KiB"},
		ramdisk.LZMA:      {"lzma", "-6"},
	} {
		t.Run(string(c), func(t *testing.T) {
			if _, err := exec.LookPath(args[0]); err != nil {
				t.Skip(args[0], "is not installed")
			}
			theirs := filter(t, []byte(sample()), args[0], append(args[1:], "-c")...)
			b := append(bytes.Clone(theirs), "trailing"...)
			r := read(t, b)
			if r.Segments[0].Compression != c || string(all(t)(r.Trailing, nil)) != "trailing" || len(r.Entries()) != 5 {
				t.Errorf("%+v, %q behind, %d entries", r.Segments, all(t)(r.Trailing, nil), len(r.Entries()))
			}
			ours := pack(t, sample(), c)
			if got := filter(t, ours, args[0], "-dc"); string(got) != sample() {
				t.Errorf("%s unpacks %d bytes, not the %d that went in", args[0], len(got), len(sample()))
			}
		})
	}
	if _, err := exec.LookPath("xz"); err == nil { // as kernels are packed: code, and each kind of check
		code := strings.Repeat("\x10\x20\x00\xEB\x01\x02\x03\x04", 30001) // more than the reader holds at once
		for _, check := range []string{"none", "crc32", "crc64", "sha256"} {
			in := archive(record("code", ramdisk.File|0o644, code))
			theirs := filter(t, []byte(in), "xz", "--check="+check, "--arm", "--lzma2=dict=1MiB", "-c")
			out, used, err := ramdisk.Unpack(bytes.NewReader(theirs), ramdisk.XZ, ramdisk.DefaultLimit)
			if err != nil || used != int64(len(theirs)) || string(out) != in {
				t.Errorf("--arm, %s: %d bytes of %d, %v", check, len(out), len(in), err)
			}
			if check == "crc32" || check == "crc64" {
				theirs[len(theirs)/3] ^= 1
				if _, _, err := ramdisk.Unpack(bytes.NewReader(theirs), ramdisk.XZ, ramdisk.DefaultLimit); err == nil {
					t.Errorf("--arm, %s: damage is not found", check)
				}
			}
		}
	}
	if _, err := exec.LookPath("xz"); err == nil { // several blocks, as its threads make them
		theirs := filter(t, []byte(sample()), "xz", "--block-size=4096", "-c")
		if r := read(t, theirs); len(r.Entries()) != 5 {
			t.Errorf("several blocks: %d entries", len(r.Entries()))
		}
	}
}

// cpio's archives are read, and edited ones can be listed by cpio.
func TestCpio(t *testing.T) {
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Skip("cpio is not installed")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "one", "dir/b": "two"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("cpio", "-o", "-H", "newc")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader("a\ndir\ndir/b\n")
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, b)
	if names(r) != "a dir dir/b" || string(r.Find("dir/b").Data) != "two" || !bytes.Equal(encode(t, r), b) {
		t.Fatalf("%s", names(r))
	}
	r.Find("a").Data = []byte("longer than before")
	r.Add(ramdisk.Header{Name: "dir/c", Mode: ramdisk.Symlink | 0o777}, []byte("b"))
	out := string(filter(t, encode(t, r), "cpio", "-tv"))
	for _, want := range []string{"18 ", "dir/c -> b"} {
		if !strings.Contains(out, want) {
			t.Errorf("cpio does not list %q:\n%s", want, out)
		}
	}
}
