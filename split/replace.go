package split

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// oldFileOf describes a file of dir as it is now.
func oldFileOf(dir, name string) (oldFile, error) {
	path := filepath.Join(dir, name)
	st, err := os.Lstat(path)
	if err != nil {
		return oldFile{}, err
	}
	if !st.Mode().IsRegular() {
		return oldFile{}, fs.ErrInvalid
	}
	id, err := identity(path)
	return oldFile{Name: name, Identity: id, Size: st.Size(), Modified: st.ModTime().UTC()}, err
}

// unchanged reports whether the file is still there, and was not replaced or written to.
func (o oldFile) unchanged(dir string) bool {
	now, err := oldFileOf(dir, o.Name)
	return err == nil && o.same(now)
}

// same reports whether both describe the same file, whatever its name.
func (o oldFile) same(now oldFile) bool {
	return now.Identity == o.Identity && now.Size == o.Size && now.Modified.Equal(o.Modified)
}

// proveOld hashes the files of an earlier run. It returns those that are as the folder's manifest
// says, and a *flash.Refusal that names the others. Links and folders are left out: they stay.
func proveOld(ctx context.Context, dir string, opt Options) ([]oldFile, error) {
	m, err := openManifest(dir)
	if err != nil {
		return nil, nil // the caller has found no file of an earlier run
	}
	files, costs := []flash.ManifestFile{}, []int64{}
	for _, f := range m.Files {
		if checkName(f.Name) == nil && !slices.Contains(bookNames, f.Name) && isPlain(filepath.Join(dir, f.Name)) {
			files, costs = append(files, f), append(costs, f.Size)
		}
	}
	var total int64
	for _, n := range costs {
		total += n
	}
	meter := newMeter("verify", total, opt.Progress)
	old, bad := make([]oldFile, len(files)), make([]bool, len(files))
	err = runJobs(ctx, costs, opt.Workers, func(ctx context.Context, j job, buf []byte) error {
		f := files[j.index]
		t := meter.task(f.Name, f.Size)
		before, err := oldFileOf(dir, f.Name)
		severity, _ := verifyFile(ctx, diskFiles(dir), f, j.beside, buf, t)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.end()
		old[j.index] = before
		bad[j.index] = err != nil || severity >= flash.Error || f.SHA256 == "" || !before.unchanged(dir)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	return addBooks(dir, m, old, bad)
}

// addBooks adds the manifest and the sums to the proven files, or refuses.
func addBooks(dir string, m *flash.Manifest, old []oldFile, bad []bool) ([]oldFile, error) {
	var changed []string
	for i, o := range old {
		if bad[i] {
			changed = append(changed, o.Name)
		}
	}
	for _, n := range bookNames {
		if !isPlain(filepath.Join(dir, n)) {
			continue
		}
		o, err := oldFileOf(dir, n)
		if err != nil || n == flash.SumsName && !isSums(dir, m) {
			changed = append(changed, n)
		}
		old = append(old, o)
	}
	if len(changed) > 0 {
		return nil, changedFiles(dir, m, changed)
	}
	return old, nil
}

// isSums reports whether the sums of a folder are those that Finish wrote with the manifest.
func isSums(dir string, m *flash.Manifest) bool {
	want := flash.EncodeSums(m.Files)
	in, err := disk.OpenInFolder(dir, flash.SumsName)
	if err != nil {
		return false
	}
	defer in.Close()
	got, err := io.ReadAll(io.LimitReader(in, int64(len(want))+1))
	return err == nil && want != nil && bytes.Equal(got, want)
}

// changedFiles is the refusal for files that the manifest does not prove.
func changedFiles(dir string, m *flash.Manifest, names []string) *flash.Refusal {
	const most = 5
	list := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		list += fmt.Sprintf(" and %d more", len(names)-most)
	}
	text := "changed since an earlier run wrote the folder, so nothing is replaced: " + list
	if i := slices.IndexFunc(m.Files, func(f flash.ManifestFile) bool { return f.Name == names[0] }); i >= 0 && m.Files[i].SHA256 == "" {
		text = "without a hash in the manifest, so nothing proves what an earlier run wrote, and nothing is replaced: " + list
	}
	return refuse(flash.ReasonInTheWay, dir, "%s", text)
}

// ready refuses if a file changed while the new ones were written, or a name is taken.
func (m *marker) ready(dir string, names []string) error {
	var changed []string
	for _, o := range m.Old {
		if _, err := os.Lstat(filepath.Join(dir, o.Name)); err == nil && !o.unchanged(dir) {
			changed = append(changed, o.Name)
		}
	}
	if len(changed) > 0 {
		return refuse(flash.ReasonInTheWay, dir, "changed while the new files were written, so nothing is replaced: %s", strings.Join(changed, ", "))
	}
	for _, n := range names {
		if !m.proves(dir, n, partSuffix) {
			return refuse(flash.ReasonInTheWay, filepath.Join(dir, n+partSuffix), "is not the file that was written here")
		}
		if err := m.free(dir, n); err != nil {
			return err
		}
	}
	return nil
}

// free refuses if a file has the name, and is not one that is replaced.
func (m *marker) free(dir, name string) error {
	path := filepath.Join(dir, name)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	now, err := oldFileOf(dir, name)
	if err == nil && slices.ContainsFunc(m.Old, func(o oldFile) bool { return strings.EqualFold(o.Name, name) && o.same(now) }) {
		return nil
	}
	return refuse(flash.ReasonInTheWay, path, "is in the way and was not written by mtkkit")
}

// whole reports whether all files of a commit are there, with or without their names.
func (m *marker) whole(dir string) bool {
	return !slices.ContainsFunc(m.Commit, func(n string) bool { return !m.proves(dir, n, partSuffix) && !m.proves(dir, n, "") })
}

// apply does what the commit says: it removes the old files that have no successor, and gives the
// new files their names, the manifest last. It can be repeated after a kill at any moment.
func (m *marker) apply(dir string, sync func() error) error {
	for _, o := range m.Old {
		if !slices.Contains(m.Commit, o.Name) && o.unchanged(dir) {
			if err := removeFile(filepath.Join(dir, o.Name)); err != nil {
				return err
			}
		}
	}
	last := []string{}
	for _, n := range m.Commit {
		if n == flash.ManifestName {
			last = append(last, n)
		} else if err := m.rename(dir, n); err != nil {
			return err
		}
	}
	if err := sync(); err != nil { // the names that the manifest lists, before the manifest
		return err
	}
	for _, n := range last {
		if err := m.rename(dir, n); err != nil {
			return err
		}
	}
	return sync()
}

// rename gives a file its name, if it does not have it yet.
func (m *marker) rename(dir, name string) error {
	if !m.proves(dir, name, partSuffix) {
		if m.proves(dir, name, "") {
			return nil
		}
		return half(dir)
	}
	if err := m.free(dir, name); err != nil {
		return err
	}
	if err := renameFile(filepath.Join(dir, name+partSuffix), filepath.Join(dir, name)); err != nil {
		return err
	}
	if m.own[name+partSuffix] {
		delete(m.own, name+partSuffix)
		m.own[name] = true
	}
	return nil
}

// completeKilled completes a run that was killed after its files were whole. Afterwards the folder
// is a finished one. It does nothing if there is no such run.
func completeKilled(dir string, inputs []string) error {
	path := filepath.Join(dir, flash.MarkerName)
	lock, m, err := openMarker(path, checkName)
	if err != nil || lock == nil {
		return err
	}
	defer lock.Close()
	if !m.committed() {
		return nil
	}
	names := slices.Clone(m.Commit)
	for _, o := range m.Old {
		names = append(names, o.Name)
	}
	for _, n := range names {
		for _, s := range []string{"", partSuffix} {
			if err := refuseSame(filepath.Join(dir, n+s), inputs); err != nil {
				return err
			}
		}
	}
	if !m.whole(dir) {
		if len(m.Old) > 0 {
			return half(dir)
		}
		return nil // nothing was replaced: the rests are removed, and the run begins anew
	}
	if err := m.apply(dir, func() error { return syncDir(dir) }); err != nil {
		return err
	}
	lock.Close()
	return removeMarker(path)
}
