package dump

import (
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
)

// RecoveryTarget describes the phone of the dump, for a recovery.
func (d *Dump) RecoveryTarget() *recovery.Target {
	l := d.Layout
	p := &recovery.Target{Name: filepath.Base(d.Path), Table: &l.Table, Chip: l.Chip.Value, Board: l.Project.Value, Systems: map[string]string{}}
	if user := d.Source.User(); user != nil {
		p.User = user.Image
	}
	kinds := map[image.Kind]string{image.Ext4: "ext4", image.F2FS: "f2fs", image.EROFS: "erofs", image.SquashFS: "squashfs"}
	for i, ct := range l.Contents {
		if k := kinds[ct.Kind]; k != "" {
			p.Systems[l.Table.Partitions[i].Name] = k
		}
	}
	return p
}

// TableTarget describes a phone from a table alone. It returns nil for the path "". The errors are
// those of ReadTable.
func TableTarget(path string) (*recovery.Target, error) {
	claim, err := ReadTable(path, &source.Source{})
	if claim == nil || err != nil {
		return nil, err
	}
	return &recovery.Target{Name: claim.Name, Table: claim.Table(0), Chip: claim.Platform, Board: claim.Project}, nil
}

// NoStockError reports a dump without a stock image for a recovery.
type NoStockError struct {
	Path    string
	Unnamed bool // the dump has an MBR, and no table that names the partitions
}

func (e *NoStockError) Error() string {
	return e.Path + ": it has no recovery and no boot partition, or they contain no boot image"
}

// Stock returns the phone's own images from the dump: its recovery and its boot image, or only its
// boot image. The error is a *NoStockError.
func (d *Dump) Stock() (stock, bootImage recovery.Source, err error) {
	phone := d.RecoveryTarget()
	get := func(name string) (s recovery.Source) {
		if img := phone.Image(name); img != nil && boot.Sniff(img) {
			s = recovery.Source{Name: phone.Row(name).Name + " of " + phone.Name, Image: img}
		}
		return s
	}
	stock, bootImage = get("recovery"), get("boot")
	if stock.Image == nil {
		stock, bootImage = bootImage, recovery.Source{}
	}
	if stock.Image == nil {
		return stock, bootImage, &NoStockError{d.Path, d.Unnamed()}
	}
	return stock, bootImage, nil
}

// Unnamed reports whether the dump's partitions have no names: it has an MBR, and no other table.
func (d *Dump) Unnamed() bool { return d.Layout.Generation == flash.GenerationEBR && !d.Layout.Claimed }
