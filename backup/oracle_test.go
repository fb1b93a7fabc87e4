package backup

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// tool skips the test where a program is missing.
func tool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: its verdict is missing", name)
	}
}

func ask(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// packed writes an archive of the sample to a file.
func packed(t *testing.T) (path string, files map[string][]byte) {
	files = sample()
	path = filepath.Join(t.TempDir(), "phone.tar.zst")
	if err := os.WriteFile(path, pack(t, outputs(files), Options{}), 0o666); err != nil {
		t.Fatal(err)
	}
	return path, files
}

// TestTarReadsIt lets both tars unpack an archive: bytes, names and holes.
func TestTarReadsIt(t *testing.T) {
	path, files := packed(t)
	for _, name := range []string{"tar", "bsdtar"} {
		t.Run(name, func(t *testing.T) {
			tool(t, name)
			tool(t, "zstd")
			dir := t.TempDir()
			args := []string{"-xf", path, "-C", dir}
			if name == "tar" {
				args = append([]string{"--zstd"}, args...)
			}
			if out := ask(t, name, args...); out != "" {
				t.Errorf("it says: %s", out)
			}
			for n, want := range files {
				got, err := os.ReadFile(filepath.Join(dir, n))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: %d bytes of %d, %v", n, len(got), len(want), err)
				}
			}
			if runtime.GOOS == "linux" {
				if n := diskUse(t, filepath.Join(dir, "g_tail.img")); n > 200<<10 {
					t.Errorf("the holes were filled: %d bytes on the disk", n)
				}
			}
		})
	}
}

// diskUse asks du what a file takes.
func diskUse(t *testing.T, path string) int64 {
	n, _, _ := strings.Cut(ask(t, "du", "-k", path), "\t")
	k, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return k << 10
}

func TestZstdReadsIt(t *testing.T) {
	tool(t, "zstd")
	path, _ := packed(t)
	ask(t, "zstd", "-q", "-t", path)
	if out := ask(t, "zstd", "-lv", path); !strings.Contains(out, "Check: XXH64") {
		t.Errorf("not every frame has its checksum:\n%s", out)
	}
}

// TestGoReadsIt is the witness where no tool is installed.
func TestGoReadsIt(t *testing.T) {
	files := sample()
	z, err := zstd.NewReader(bytes.NewReader(pack(t, outputs(files), Options{})))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	r, n := tar.NewReader(z), 0
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, files[h.Name]) || h.Mode != 0o644 || !h.ModTime.Equal(created) {
			t.Errorf("%s: %d bytes of %d, %v", h.Name, len(got), len(files[h.Name]), err)
		}
		n++
	}
	if n != len(files) {
		t.Errorf("%d members of %d", n, len(files))
	}
}

// A member larger than a tar header can say has its size in a pax record, and tar
// believes it.
func TestTarBelievesLargeSizes(t *testing.T) {
	tool(t, "tar")
	m := &Member{Name: "userdata.img", Size: 1 << 37, Data: data(0, 1<<36)}
	r := tar.NewReader(bytes.NewReader(memberHead(m, 1)))
	if h, err := r.Next(); err != nil || h.Size != 1<<37 || h.Name != m.Name {
		t.Errorf("%+v, %v", h, err)
	}
	path := filepath.Join(t.TempDir(), "head.tar")
	dense := &Member{Name: "userdata.img", Size: 1 << 36, Data: data(0, 1<<36)}
	if err := os.WriteFile(path, memberHead(dense, 1), 0o666); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("tar", "-tvf", path).Output() // it ends too early, and tar says so
	if !strings.Contains(string(out), "68719476736") {
		t.Errorf("tar says %s", out)
	}
}
