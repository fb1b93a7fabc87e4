package commands

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/stock"
	"github.com/mtkkit/mtkkit/words"
)

// stockFolder is where the commands of a plan expect the maker's files.
const stockFolder = "stock"

// stockAdvice judges the package of --stock for what the archive has not whole; nil without --stock.
func stockAdvice(ctx context.Context, u *ui, o *restoreOptions, a *archive.Archive) (*stock.Advice, error) {
	if o.stock == "" {
		return nil, nil
	}
	var lost archive.Losses
	phone, err := openWith(ctx, u, &o.dumpOptions, func(opt *dump.Options) { opt.Lost, opt.Alone = lost.Add, true }, a.Path)
	if err != nil {
		return nil, err
	}
	defer phone.Close()
	pkg, err := openInput(ctx, u, &o.dumpOptions, o.stock)
	if err != nil {
		return nil, err
	}
	defer pkg.Close()
	advice, err := stock.Advise(ctx, phone.Dump, pkg.Dump, stock.Options{
		Lost:     func(r flash.Region) []flash.Extent { return lost.Of(phone.Source.Record, r) },
		Progress: renamed(u.Bars.Event, "plan"),
	})
	u.Bars.Clear()
	if none := (*stock.NoPackageError)(nil); errors.As(err, &none) {
		return nil, words.Refuse(err, "to compare two dumps: mtkkit compare "+words.Quoted(a.Path)+" "+words.Quoted(o.stock))
	}
	return advice, err
}

// takeStock puts the maker's files that fit into a plan, in place of what the archive has of them.
func takeStock(p *archive.FlashPlan, advice *stock.Advice, wanted func(name string) bool) {
	if advice == nil {
		return
	}
	advice.Rows = slices.DeleteFunc(advice.Rows, func(r stock.Row) bool { return !wanted(r.Name) })
	for _, r := range advice.Rows {
		i := slices.IndexFunc(p.Writes, func(w archive.FlashWrite) bool {
			return w.Region == r.Region && (w.Name == r.Name || w.Region.IsBoot())
		})
		switch {
		case r.Verdict != stock.Fits && i >= 0:
			p.Writes[i].Risk = strings.TrimSuffix("damaged in the backup; "+p.Writes[i].Risk, "; ")
		case r.Verdict != stock.Fits:
		case i >= 0:
			p.Writes[i].File = stockFolder + "/" + r.File
		default:
			p.Writes = append(p.Writes, archive.FlashWrite{Name: r.Name, Region: r.Region, Extent: r.Extent, File: stockFolder + "/" + r.File, Risk: "the maker's file; the backup has none"})
		}
	}
}

// stockCommands returns the command that takes the maker's files out of their package. It is run in
// another folder, so the path is absolute.
func stockCommands(advice *stock.Advice) []string {
	var names []string
	for _, r := range advice.Fitting() {
		if !slices.Contains(names, r.Part) {
			names = append(names, r.Part)
		}
	}
	if len(names) == 0 {
		return nil
	}
	path, err := filepath.Abs(advice.Path)
	if err != nil { // the current folder is gone
		path = advice.Path
	}
	return []string{fmt.Sprintf("mtkkit split %s --only %s -o %s", words.Quoted(path), words.Quoted(strings.Join(names, ",")), stockFolder)}
}

// stockCount says how many partitions are not whole, and for how many the package has a file that fits.
func stockCount(advice *stock.Advice) string {
	text := counted(len(advice.Rows), "partition") + map[bool]string{true: " is", false: " are"}[len(advice.Rows) == 1] + " not whole, and the package " + flash.Shown(advice.Path)
	if n := len(advice.Fitting()); n > 0 {
		return fmt.Sprintf("%s has files that fit for %d of them", text, n)
	}
	return text + " has no file that is sure to fit"
}

// printStock prints what the maker's package has for the partitions that are not whole.
func printStock(u *ui, advice *stock.Advice) error {
	if len(advice.Rows) == 0 {
		u.Say("\nall partitions are whole: nothing of %s is needed", flash.Shown(advice.Path))
		return nil
	}
	u.Say("\nfrom the maker's package %s for what is not whole in the backup:", flash.Shown(advice.Path))
	w := u.Table("PARTITION", "IN THE BACKUP", "VERDICT", "THE MAKER'S FILE", "WHY")
	for _, r := range advice.Rows {
		file := r.File
		if r.In != "" && r.In != r.File {
			file += " in " + r.In
		}
		w.Row(r.Name, r.Hurt, string(r.Verdict), file, r.Why)
	}
	return w.Flush()
}
