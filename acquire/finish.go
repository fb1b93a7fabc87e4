package acquire

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// ErrUnfinished is returned by Finish if wanted bytes were not read yet.
var ErrUnfinished = errors.New("acquire: not all wanted bytes were read")

// Finish gives the files of the regions their final names, writes the sums and then the manifest.
// If a region has unreadable ranges and the job does not accept them (Job.AcceptBad), its file
// keeps the .part name, the manifest stays a draft, finished is false, and m lists the missing
// ranges. A job that accepts them also accepts ranges at which the phone was lost twice; a later
// run can still read these. If wanted bytes were not read yet, the error is ErrUnfinished.
func (d *Dump) Finish(ctx context.Context) (m *flash.Manifest, finished bool, err error) {
	if err := d.prove(ctx); err != nil {
		return d.record, false, err
	}
	if d.job.AcceptBad {
		if err := d.leaveOutLost(); err != nil {
			return d.record, false, err
		}
	}
	if todo, _ := d.Left(); todo > 0 {
		if !d.job.AcceptBad || !d.onlyPutOff() {
			return d.record, false, ErrUnfinished
		}
		if err := d.acceptPutOff(); err != nil {
			return d.record, false, err
		}
	}
	finished = true
	d.record.Files = nil
	d.at = ""
	for _, r := range d.regions {
		done, err := d.finishRegion(ctx, r)
		if err != nil {
			return d.record, false, err
		}
		finished = finished && done
	}
	d.tellUseless()
	d.tellLost()
	d.record.Problems = d.problems
	if !finished {
		return d.record, false, d.writeDraft()
	}
	d.record.Complete = d.record.Covers() && flash.Worst(d.problems) < flash.Error && !slices.ContainsFunc(d.problems, func(p flash.Problem) bool { return p.Text == leftOut || p.Text == Unproven })
	return d.record, true, d.writeBooks()
}

// leftOut is the text of the problem about a region that was left out. Do not change it: tellLeftOut
// compares it with the problems of resumed dumps.
const leftOut = "was left out as asked: the dump is not all of the phone"

// tellLeftOut adds a problem for every region that the phone has and the dump does not have.
// Problems that an earlier run found stay.
func (d *Dump) tellLeftOut() {
	d.problems = slices.DeleteFunc(d.problems, func(p flash.Problem) bool {
		return (p.Text == leftOut || strings.HasSuffix(p.Text, noUse)) && d.record.Source(flash.Region(p.Place)) != nil
	})
	if d.job.Device == nil {
		return
	}
	for _, p := range d.job.Device.Parts {
		told := flash.NewProblem(flash.Warning, string(p.Region), flash.NoOffset, leftOut)
		if _, yes := useless(p.Region); yes {
			told.Severity, told.Text = flash.Note, "was left out as asked: "+noUse
		}
		if d.record.Source(p.Region) == nil && !d.notGiven(p.Region) && !slices.Contains(d.problems, told) {
			d.problems = append(d.problems, told)
		}
	}
}

// finishRegion finishes one region and its record. It reports whether the region is finished.
func (d *Dump) finishRegion(ctx context.Context, r *region) (bool, error) {
	if err := r.sync(); err != nil {
		return false, err
	}
	if err := r.drawMap(); err != nil {
		return false, err
	}
	src := d.record.Source(r.region)
	src.Unread, src.SHA256 = r.unread(), ""
	file := regionsDir + "/" + src.Name
	if len(r.bad) > 0 && !d.job.AcceptBad {
		d.record.Files = append(d.record.Files, flash.ManifestFile{Name: file, Size: r.size})
		return false, nil
	}
	sum, err := d.flatSum(ctx, r)
	if err != nil {
		return false, err
	}
	src.SHA256 = sum
	for i := range d.record.Entries {
		if e := &d.record.Entries[i]; e.Region == r.region {
			e.SHA256 = sum
		}
	}
	d.record.Files = append(d.record.Files, flash.ManifestFile{Name: file, Size: r.size, SHA256: sum})
	if err := r.finish(); err != nil {
		return false, err
	}
	for _, suffix := range []string{mapSuffix, chunksSuffix} {
		if err := d.list(file + suffix); err != nil {
			return false, err
		}
	}
	return true, nil
}

// flatSum returns the SHA-256 of a region's file. Bytes that were not hashed during reading (holes,
// ranges read out of order) are read back from the disk.
func (d *Dump) flatSum(ctx context.Context, r *region) (string, error) {
	b := d.buffer()
	for r.flatPos < r.size {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n := min(r.size-r.flatPos, chunkSize)
		if _, err := r.data.ReadAt(b[:n], r.flatPos); err != nil {
			return "", fmt.Errorf("acquire: reading back %s: %w", r.path+partSuffix, err)
		}
		r.sum.Write(b[:n])
		r.flatPos += n
		if d.job.Progress != nil {
			d.job.Progress(flash.Event{Op: "hash", Done: r.flatPos, Total: r.size, Detail: FileName(r.region)})
		}
	}
	return hex.EncodeToString(r.sum.Sum(nil)), nil
}

// finish gives the file its final name. The sidecar is written before the journal is removed, and
// the journal is removed last, so that a killed run always leaves one of them beside the file.
func (r *region) finish() error {
	if err := replaceFile(r.path+chunksSuffix, r.compact()); err != nil {
		return err
	}
	r.close()
	if err := disk.Publish(disk.PublishOptions{SyncDir: syncDir}, disk.Pending{Part: r.path + partSuffix, Path: r.path}); err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	if err := os.Remove(r.path + journalSuffix); err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	return nil
}

// list adds a small file of the folder to the manifest.
func (d *Dump) list(name string) error {
	b, err := readBook(d.path(name))
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	sum := sumOf(b)
	d.record.Files = append(d.record.Files, flash.ManifestFile{Name: name, Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:])})
	return nil
}

// writeBooks writes the sums and the manifest of a finished dump.
func (d *Dump) writeBooks() error {
	if err := d.list(keyName); err != nil {
		return err
	}
	b, err := d.record.Encode()
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	if err := replaceFile(d.path(flash.SumsName), flash.EncodeSums(d.record.Files)); err != nil {
		return err
	}
	if err := syncDir(d.path(regionsDir)); err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	if err := replaceFile(d.path(flash.ManifestName), b); err != nil {
		os.Remove(d.path(flash.ManifestName)) // the draft still exists: if the sync failed, the dump counts as unfinished
		return err
	}
	if err := os.Remove(d.path(flash.ManifestName) + partSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("acquire: %w", err)
	}
	return nil
}
