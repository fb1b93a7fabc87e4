package dump

import (
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// Package reports whether this is a firmware package: its images are known, and where they belong on
// a phone is not.
func (d *Dump) Package() bool { return d.Source.Storage == flash.Package }

// RefusePackage refuses work that needs a phone's flash. Why says what a package lacks for it. The
// refusal is a *flash.Refusal; nil for a dump.
func (d *Dump) RefusePackage(why string) error {
	if !d.Package() {
		return nil
	}
	return flash.Refuse("dump", flash.ReasonPackage, d.Path, "is a firmware package, not a dump of a phone: %s", why)
}

// RefusePackage refuses a record that was made of a firmware package. Path names it in the message.
// A nil record is none.
func RefusePackage(path string, m *flash.Manifest, why string) error {
	if m == nil || m.Storage != flash.Package {
		return nil
	}
	return flash.Refuse("dump", flash.ReasonPackage, path, "has the images of a firmware package, not of a dump: %s", why)
}

// Why work is refused for a package.
const (
	NoBackup  = "a backup is of what a phone holds"
	noMap     = "its images have no addresses, so there is no map of them"
	noTable   = "it lists images, and no offsets of partitions"
	noSizes   = "it does not say how large the phone's partitions are"
	noJoining = "there is no dump that they could be joined to"
)

// RefuseSizes refuses a package where the sizes of a phone's partitions are needed.
func (d *Dump) RefuseSizes() error { return d.RefusePackage(noSizes) }

// RefuseTable refuses a package where the offsets of a phone's partitions are needed.
func (d *Dump) RefuseTable() error { return d.RefusePackage(noTable) }

// images reads all images of a firmware package, and compares them with the hashes that the package has
// of them.
func (v *verification) images(d *Dump) error {
	if !d.Package() {
		return nil
	}
	user, sums := d.Source.User(), d.rowSums()
	v.Images = len(d.Source.Rows)
	for i, row := range d.Source.Rows {
		sum, err := split.Sum(v.ctx, row.Name, flash.Slice(user.Image, row.Extent), v.opt.Progress)
		lacks := flash.Total(flash.Within(user.Unread, row.Extent)) > 0 // reported when it was opened
		bad := flash.Problem{Severity: flash.Error, Place: row.Name, Offset: flash.NoOffset}
		switch {
		case v.ctx.Err() != nil:
			return v.ctx.Err()
		case err != nil:
			bad.Text = err.Error()
		case sums[i] == sum:
			v.Summed++
			continue
		case sums[i] == "" || lacks:
			continue
		default:
			bad.Text = otherSum(sum, sums[i])
		}
		v.State, v.Problems = Broken, append(v.Problems, bad)
	}
	return nil
}

// rowSums returns the hashes that a package has of its images, by their row.
func (d *Dump) rowSums() map[int]string {
	sums := map[int]string{}
	for _, s := range d.Source.RowSums {
		sums[s.Row] = hex.EncodeToString(s.SHA256)
	}
	return sums
}

func otherSum(sum, stated string) string {
	return fmt.Sprintf("its sha-256 is %s, the package states %s", sum, stated)
}

// wrongSums compares the copies of whole images with the hashes that a package has of them.
func (d *Dump) wrongSums(m *flash.Manifest, results []split.Result) (ps flash.Problems) {
	written := make([]flash.Written, len(results))
	for i, r := range results {
		written[i].Name, written[i].SHA256 = r.Name, r.SHA256
	}
	sums := d.rowSums()
	if len(sums) == 0 {
		return nil
	}
	for _, e := range WithSums(m.Entries, written) {
		for i, row := range d.Source.Rows {
			lacks := flash.Total(flash.Within(d.Source.User().Unread, row.Extent)) > 0 // reported when it was opened
			if row.Extent == e.Extent && row.Name == e.Name && e.SHA256 != "" && sums[i] != "" && sums[i] != e.SHA256 && !lacks {
				ps.Add(flash.Error, row.Name, "%s", otherSum(e.SHA256, sums[i]))
			}
		}
	}
	return ps
}

// addScatter adds a package's own scatter file to the description, as it is. None is made for a
// package without one: nobody knows the offsets.
func (d *Dump) addScatter(f *plan.Description) error {
	if !d.Package() || d.Source.ScatterText == nil {
		return nil
	}
	img := d.Source.ScatterText
	b, err := io.ReadAll(io.NewSectionReader(img, 0, img.Size())) // at most scatter.MaxSize
	f.Scatter, f.ScatterName = b, path.Base(filepath.ToSlash(d.Source.Scatter))
	return err
}
