package oci

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// model returns the dump of one phone of a model, as files: 2 MiB of system and boot
// that all have, and what is its own.
func model(n int) map[string][]byte {
	system := make([]byte, 2<<20)
	copy(system, noise(2000, 3<<19))
	user := make([]byte, 1<<20)
	copy(user[100_000:], noise(uint64(3000+n), 64<<10))
	return map[string][]byte{"boot.img": noise(2001, 1<<19), "system.img": system,
		"nvram.bin": noise(uint64(4000+n), 16<<10), "userdata.img": user}
}

// A hundred phones of one model: the common part is kept once.
func TestHundredPhones(t *testing.T) {
	t.Parallel()
	const phones = 100
	dir := filepath.Join(t.TempDir(), "backups")
	repo := open(t, "oci:"+dir, Options{Write: true, NoSync: true})
	var total int64
	for n := range phones {
		fs := files(model(n))
		for _, f := range fs {
			total += f.Image.Size()
		}
		u, err := repo.Create(t.Context(), fmt.Sprintf("phone-%03d", n), fs, PushOptions{Level: 1 + n%9, Now: time.Unix(1795000000, 0)})
		check(t, err)
		_, err = u.Copy(t.Context())
		check(t, err)
		_, err = u.Finish(t.Context(), record(fs))
		check(t, err)
	}
	for _, n := range []int{0, 57, 99} {
		b, err := repo.Open(t.Context(), fmt.Sprintf("phone-%03d", n))
		check(t, err)
		for _, o := range b.Outputs {
			if !bytes.Equal(whole(t, o.Image), model(n)[o.Name]) {
				t.Errorf("phone %d: %s differs", n, o.Name)
			}
		}
	}
	_, stored := blobs(t, dir)
	t.Logf("mtkkit: %d phones of %v in %v: 1 to %.1f", phones, flash.Size(total), flash.Size(stored), float64(total)/float64(stored))
	// 2 MiB of the model, 80 KiB a phone, and its documents.
	if most := int64(2<<20 + phones*(88<<10)); stored > most {
		t.Errorf("%d bytes are stored, at most %d are new", stored, most)
	}
	restic(t, phones, total)
}

// restic stores the same phones with restic, for comparison.
func restic(t *testing.T, phones int, total int64) {
	if _, err := exec.LookPath("restic"); err != nil {
		t.Log("restic is not installed: no comparison")
		return
	}
	repo, work := filepath.Join(t.TempDir(), "restic"), t.TempDir()
	for n := range phones {
		dir := filepath.Join(work, fmt.Sprintf("phone-%03d", n))
		check(t, os.Mkdir(dir, 0o777))
		for name, b := range model(n) {
			check(t, os.WriteFile(filepath.Join(dir, name), b, 0o666))
		}
	}
	for _, args := range [][]string{{"init"}, {"backup", "-q", work}} {
		cmd := exec.Command("restic", append([]string{"-r", repo, "--no-cache"}, args...)...)
		cmd.Env = append(os.Environ(), "RESTIC_PASSWORD=test")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("no comparison: restic %v: %v %s", args, err, out)
			return
		}
	}
	var stored int64
	check(t, filepath.WalkDir(repo, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			st, ierr := d.Info()
			err = ierr
			stored += st.Size()
		}
		return err
	}))
	t.Logf("restic: the same in %v: 1 to %.1f", flash.Size(stored), float64(total)/float64(stored))
}
