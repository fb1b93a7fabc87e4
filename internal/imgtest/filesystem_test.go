package imgtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Files of every kind that the made file systems can hold.
var sampleFiles = []CPIOFile{
	{"build.prop", 0o100644, "ro.build.version.release=9\n"},
	{"etc", 0o040755, ""},
	{"etc/hosts", 0o100644, "127.0.0.1 localhost\n"},
	{"etc/empty", 0o100600, ""},
	{"bin", 0o040751, ""},
	{"bin/sh", 0o100755, string(Noise("sh", 9000))},
	{"bin/link", 0o120777, "sh"},
	{"bin/a", 0o040700, ""},
	{"bin/a/b", 0o100644, strings.Repeat("b", 4096)},
}

func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// imageFile writes pieces of an image of size bytes to a file.
func imageFile(t *testing.T, size int64, pieces ...piece) string {
	t.Helper()
	s := NewSparse(size)
	for _, p := range pieces {
		s.Put(p.off, p.data)
	}
	name := filepath.Join(t.TempDir(), "image")
	if err := s.WriteFile(name); err != nil {
		t.Fatal(err)
	}
	return name
}

// e2fsprogs find nothing to repair in a made ext4, and the files as they were given.
func TestExt4AgainstE2fsprogs(t *testing.T) {
	fsck, debugfs := tool(t, "e2fsck"), tool(t, "debugfs")
	var list []fsFile
	for _, f := range sampleFiles {
		list = append(list, fsFile{CPIOFile: f})
	}
	list = append(list, fsFile{CPIOFile{"far", 0o100644, "far"}, 255})
	name := imageFile(t, mib, ext4Image(mib, "sample", list...)...)
	run(t, fsck, "-fn", name)
	for _, f := range list {
		switch f.Mode >> 12 {
		case 8:
			if got, _, _ := strings.Cut(run(t, debugfs, "-R", "stat /"+f.Name, name), "Flags"); !strings.Contains(got, "Type: regular") {
				t.Errorf("%s: %s", f.Name, got)
			}
			out := filepath.Join(t.TempDir(), "out")
			run(t, debugfs, "-R", "dump /"+f.Name+" "+out, name)
			if got, err := os.ReadFile(out); err != nil || string(got) != f.Data {
				t.Errorf("%s has %d bytes, want the %d given; error %v", f.Name, len(got), len(f.Data), err)
			}
		case 10:
			if got := run(t, debugfs, "-R", "stat /"+f.Name, name); !strings.Contains(got, `Fast link dest: "`+f.Data+`"`) {
				t.Errorf("%s: %s", f.Name, got)
			}
		}
	}
}

// fsck.erofs finds nothing wrong with a made EROFS, and takes out the files given.
func TestEROFSAgainstErofsUtils(t *testing.T) {
	fsck := tool(t, "fsck.erofs")
	b := erofs("sample", sampleFiles...)
	name := imageFile(t, int64(len(b)), piece{0, b})
	dir := filepath.Join(t.TempDir(), "out")
	run(t, fsck, "--extract="+dir, name)
	for _, f := range sampleFiles {
		at := filepath.Join(dir, f.Name)
		switch f.Mode >> 12 {
		case 8:
			if got, err := os.ReadFile(at); err != nil || string(got) != f.Data {
				t.Errorf("%s has %d bytes, want the %d given; error %v", f.Name, len(got), len(f.Data), err)
			}
		case 10:
			if got, err := os.Readlink(at); err != nil || got != f.Data {
				t.Errorf("%s leads to %q, want %q; error %v", f.Name, got, f.Data, err)
			}
		}
	}
}

// The programs above notice damage: what they are silent about is sound.
func TestWitnessesNoticeDamage(t *testing.T) {
	fsck := tool(t, "e2fsck")
	pieces := ext4Image(mib, "sample", fsFile{CPIOFile: sampleFiles[0]})
	for i, p := range pieces {
		if p.off == 2*4096 {
			pieces[i].data = bytes.Repeat([]byte{0xff}, 4096)
		}
	}
	if out, err := exec.Command(fsck, "-fn", imageFile(t, mib, pieces...)).CombinedOutput(); err == nil {
		t.Errorf("e2fsck -fn does not see a wrong bitmap:\n%s", out)
	}
}
