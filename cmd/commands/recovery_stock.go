package commands

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

// stockParts has the phone's own images, and what is known of the phone.
type stockParts struct {
	stock, boot recovery.Source
	phone       *recovery.Target // nil if there is no table
	dumped      bool             // the stock image is from a dump
	files       []string         // what was opened
	close       func() error
}

// openStock opens the stock image: a file, or an image in a dump.
func openStock(ctx context.Context, u *ui, o *recoveryOptions) (*stockParts, error) {
	img, err := source.OpenFile(o.stock)
	if err == nil && boot.Sniff(img) {
		phone, done, err := openPhone(ctx, u, o)
		if err != nil {
			return nil, errors.Join(err, img.Close())
		}
		return &stockParts{
			stock: recovery.Source{Name: filepath.Base(o.stock), Image: img}, phone: phone,
			files: nonEmpty([]string{o.stock, o.rom}), close: func() error { return errors.Join(img.Close(), done()) },
		}, nil
	}
	if err == nil {
		img.Close()
	}
	if o.rom != "" {
		return nil, usage("--for can be used only with a stock image; %s is not a boot image", o.stock)
	}
	d, err := openAny(ctx, u, &o.dumpOptions, o.stock)
	if err != nil {
		return nil, err
	}
	if err := d.RefuseSizes(); err != nil {
		return nil, errors.Join(packageHint(err, o.stock), d.Close())
	}
	s := &stockParts{phone: d.RecoveryTarget(), dumped: true, files: d.Source.Files, close: d.Close}
	if s.stock, s.boot, err = d.Stock(); err != nil {
		return nil, errors.Join(stockHint(err, d), d.Close())
	}
	return s, nil
}

// packageHint says how an image and a scatter file of a firmware package are used for a recovery.
func packageHint(err error, path string) error {
	text := flash.AsRefusal(err).Text
	return words.Refuse(fmt.Errorf("%s: %s", path, text), fmt.Sprintf("mtkkit split %s -o FW writes its images and its scatter file; then give --stock FW/recovery.img and --scatter FW/SCATTER.txt", words.Quoted(path)))
}

// stockHint adds to an error how to give a stock image that is not in the dump.
func stockHint(err error, d *input) error {
	hint := "give a stock recovery.img or boot.img with --stock, and the dump with --for"
	if none := (*dump.NoStockError)(nil); errors.As(err, &none) && none.Unnamed {
		hint = "an MBR does not name them: " + words.WantScatter(d.Dump)
	}
	return words.Advise(err, hint)
}

// openPhone returns what the files of --for or --scatter say about the phone.
func openPhone(ctx context.Context, u *ui, o *recoveryOptions) (*recovery.Target, func() error, error) {
	if o.rom != "" {
		d, err := openInput(ctx, u, &o.dumpOptions, o.rom)
		if err != nil {
			return nil, nil, err
		}
		if err := d.RefuseSizes(); err != nil {
			return nil, nil, errors.Join(packageHint(err, o.rom), d.Close())
		}
		p := d.RecoveryTarget()
		if p.RecoveryPartition() == "" && d.Unnamed() {
			u.Hint("an MBR names no partitions: %s", words.WantScatter(d.Dump))
		}
		return p, d.Close, nil
	}
	if _, err := o.dump(ctx, u); err != nil {
		return nil, nil, err
	}
	phone, err := dump.TableTarget(o.namesTable())
	return phone, func() error { return nil }, err
}
