package dumps

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// mountLoop makes a file system in a file and mounts it for the length of the test.
func mountLoop(t *testing.T, kind, size string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a file system needs root")
	}
	disk, dir := filepath.Join(t.TempDir(), "disk"), t.TempDir()
	for _, cmd := range [][]string{
		{"truncate", "-s", size, disk}, {"mkfs." + kind, disk}, {"mount", "-t", kind, "-o", "loop", disk, dir},
	} {
		if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
			t.Skipf("%v: %v: %s", cmd, err, out)
		}
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// free is what is left on the file system of dir, bytes, once all is written.
func free(t *testing.T, dir string) int64 {
	t.Helper()
	if out, err := exec.Command("sync", "-f", dir).CombinedOutput(); err != nil {
		t.Fatalf("sync: %v: %s", err, out)
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	return int64(st.Bavail) * st.Bsize
}

// TestSplitCostsNoSpace: where the file system shares blocks, the parts, and trimmed
// copies of them, take none of their own; the output says so.
func TestSplitCostsNoSpace(t *testing.T) {
	for _, kind := range []string{"btrfs", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			dir := mountLoop(t, kind, "512m")
			const data = 48 << 20
			phone := imgtest.MT6592()
			phone.User.Put(phone.Row("ANDROID").Offset+8<<20, imgtest.Noise("system", data))
			if err := phone.WriteDump(dir); err != nil {
				t.Fatal(err)
			}
			before := free(t, dir)
			in := func(name string) string { return filepath.Join(dir, name) }
			var out, errs bytes.Buffer
			code := commands.Run(context.Background(), []string{"mtkkit", "split", in("ROM_1"), "--scatter", in(phone.ScatterName()), "--trim"},
				screen.Streams{Out: &out, Err: &errs}, nil)
			if code != words.ExitOK {
				t.Fatalf("exit %d\n%s%s", code, &out, &errs)
			}
			took := before - free(t, dir)
			t.Logf("%s of data split, %s taken\n%s%s", flash.Size(data), flash.Size(took), &out, &errs)
			if took > data/8 {
				t.Errorf("the parts took %s", flash.Size(took))
			}
			if !regexp.MustCompile(`note: [1-9][0-9]* files share their blocks with the dump`).Match(errs.Bytes()) {
				t.Error("nothing is said of shared blocks")
			}
			want := phone.User.Range(phone.Row("ANDROID").Extent)
			if got, err := os.ReadFile(in("ROM_1.parts/system.img")); err != nil || !bytes.Equal(got, want) {
				t.Errorf("system.img holds other bytes, %v", err)
			}
			if code := commands.Run(context.Background(), []string{"mtkkit", "join", in("ROM_1.parts"), "-o", in("again")}, screen.Streams{Out: &out, Err: &errs}, nil); code != words.ExitOK {
				t.Errorf("join: exit %d\n%s", code, &errs)
			}
			if took := before - free(t, dir); took > data/8 {
				t.Errorf("with the dump joined again, %s are taken", flash.Size(took))
			}
		})
	}
}
