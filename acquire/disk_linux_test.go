package acquire

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/mtkkit/mtkkit/flash"
)

// mount makes a file system of size bytes and mounts it for the length of the test. It
// needs root, the mkfs program and a kernel that knows the kind.
func mount(t *testing.T, kind, size string) (dir, img string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a file system needs root")
	}
	dir, img = t.TempDir(), filepath.Join(t.TempDir(), "disk")
	args := []string{"-t", "tmpfs", "-o", "size=" + size, "none", dir}
	if kind != "tmpfs" {
		for _, cmd := range [][]string{{"truncate", "-s", size, img}, {"mkfs." + kind, img}} {
			if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
				t.Skipf("%v: %v: %s", cmd, err, out)
			}
		}
		args = []string{"-t", kind, "-o", "loop", img, dir}
	}
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		t.Skipf("mount %v: %v: %s", args, err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir, img
}

// A disk that fills up in the middle costs nothing but the wait for more room.
func TestDiskFull(t *testing.T) {
	top, _ := mount(t, "tmpfs", "48m")
	dir := filepath.Join(top, "dump")
	p := newPhone(40)
	d, err := Create(dir, p.job())
	if err != nil {
		t.Fatal(err)
	}
	hog := filepath.Join(top, "other") // somebody else takes the room meanwhile
	if err := os.WriteFile(hog, make([]byte, 40<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := goOn(d); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v", err)
	}
	if err := os.Remove(hog); err != nil {
		t.Fatal(err)
	}
	p.user.reads = 0
	if _, done, err := resume(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

func TestNoRoom(t *testing.T) {
	top, _ := mount(t, "tmpfs", "16m")
	p := newPhone(41)
	_, err := Create(filepath.Join(top, "dump"), p.job())
	refused(t, err, "needs up to 27.0 MiB")
	if left, _ := os.ReadDir(top); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	job := p.job()
	job.IgnoreFreeSpace = true
	p.user.b = make([]byte, len(p.user.b)) // zeros take none
	if _, done, err := acquire(t, filepath.Join(top, "dump"), job); err != nil || !done {
		t.Fatal(done, err)
	}
}

// To go on takes room for what is not there yet: no more, and no less.
func TestNoRoomToGoOn(t *testing.T) {
	top, _ := mount(t, "tmpfs", "24m")
	dir := filepath.Join(top, "dump")
	p := newPhone(44)
	for _, f := range []*fake{p.user, p.boot1, p.boot2} {
		rand.NewChaCha8([32]byte{44}).Read(f.b) // holes take no room
	}
	p.part(t, dir)
	job := p.job()
	job.Want = everything(job.Device)
	before := tree(t, dir)
	d, err := Resume(dir, job)
	if err == nil {
		d.Close()
	}
	refused(t, err, "needs up to 18.0 MiB") // 17 MiB and a sector of user area, a boot region
	if no := flash.AsRefusal(err); no.Reason != flash.ReasonNoRoomToResume {
		t.Errorf("the reason is that of a dump that is not begun: %v", no.Reason)
	}
	if tree(t, dir) != before {
		t.Error("the folder was changed")
	}
	job.Want = map[flash.Region][]flash.Extent{flash.EMMCUser: ext(0, 16<<20)} // of which half is there
	if _, done, err := resume(t, dir, job); err != nil || !done {
		t.Fatal(done, err)
	}
}

func TestFAT(t *testing.T) {
	top, _ := mount(t, "vfat", "40m")
	job := newPhone(42).job()
	job.Device.Parts[0].Image = &sparse{size: 4 << 30, every: 1 << 30}
	job.IgnoreFreeSpace = true
	_, err := Create(filepath.Join(top, "dump"), job)
	refused(t, err, "more than a file on FAT can have")
	p := newPhone(42)
	if _, done, err := acquire(t, filepath.Join(top, "dump"), p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, filepath.Join(top, "dump"))
}

// The stick with the dump comes out while the phone is read: what was synced is there
// when it is back.
func TestTargetUnplugged(t *testing.T) {
	top, img := mount(t, "ext4", "64m")
	dir := filepath.Join(top, "dump")
	p := newPhone(43)
	d, err := Create(dir, p.job())
	if err != nil {
		t.Fatal(err)
	}
	p.user.before = func(off int64, _ int) {
		if off == 20<<20 { // ext4 goes down at once, and forgets what was not synced
			if f, err := os.Open(top); err == nil {
				const shutdown, noFlush = 0x8004587d, 2 // EXT4_IOC_SHUTDOWN
				flags := uint32(noFlush)
				_, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, addressOf(&flags))
				f.Close()
				if e != 0 {
					t.Skipf("this kernel does not take a file system down: %v", e)
				}
			}
		}
	}
	_, _, err = goOn(d)
	if err == nil {
		t.Fatal("read into a disk that is gone")
	}
	remount(t, img, top)
	p.user.before = nil
	before := flash.Total(journalOf(t, dir, "ROM_1").read)
	if before == 0 {
		t.Error("nothing was kept")
	}
	if _, done, err := resume(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

// remount brings a file system that went down back.
func remount(t *testing.T, img, dir string) {
	t.Helper()
	for _, cmd := range [][]string{{"umount", dir}, {"mount", "-o", "loop", img, dir}} {
		if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
			t.Skipf("%v: %v: %s", cmd, err, out)
		}
	}
}

// addressOf is the address that an ioctl wants.
func addressOf(v *uint32) uintptr { return uintptr(unsafe.Pointer(v)) }
