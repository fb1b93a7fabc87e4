package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
)

// filePlace names a file in a file system: DUMP PARTITION:/PATH, IMAGE:/PATH or IMAGE /PATH.
type filePlace struct {
	dump      string
	partition string // "" for the image itself
	path      string
}

// placeOf takes one or two arguments apart. A file that exists is one, whatever its name
// looks like.
func placeOf(args []string) filePlace {
	if len(args) == 2 {
		partition, inside, ok := strings.Cut(args[1], ":")
		if !ok || strings.Contains(partition, "/") {
			return filePlace{args[0], "", args[1]}
		}
		return filePlace{args[0], partition, cmp.Or(inside, "/")}
	}
	if _, err := os.Stat(args[0]); err == nil {
		return filePlace{dump: args[0], path: "/"}
	}
	if i := strings.LastIndex(args[0], ":/"); i > 0 {
		return filePlace{dump: args[0][:i], path: args[0][i+1:]}
	}
	return filePlace{dump: args[0], path: "/"}
}

// opened is a file system and what must be closed after it.
type opened struct {
	*files.Tree
	name    string // of the partition, or of the image's file
	inputs  []string
	told    []flash.Problem // what opening it brought to light
	closers []io.Closer
}

func (o *opened) Close() error {
	var errs []error
	for _, c := range o.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// openFiles opens the file system that a place names.
func openFiles(c *cli.Context, u *ui, p filePlace) (*opened, error) {
	o, img, err := findFiles(c, u, p)
	if err == nil {
		if o.Tree, err = image.Files(img); err != nil {
			err = fmt.Errorf("%s: %w", o.name, err)
		}
	}
	if err != nil {
		if o != nil {
			o.Close()
		}
		return nil, err
	}
	o.Mount = mountOf(o.Tree, o.name)
	return o, nil
}

// mountOf says where the phone mounts a partition. One that has a folder of its own name
// is the phone's root.
func mountOf(tree *files.Tree, partition string) string {
	name := baseName(partition)
	if e, err := tree.FindLink(name); err == nil && e.Mode.IsDir() {
		return ""
	}
	if slices.Contains([]string{"system", "vendor", "product", "system_ext", "odm", "oem", "data"}, name) {
		return "/" + name
	}
	return ""
}

// findFiles finds the bytes of the file system.
func findFiles(c *cli.Context, u *ui, p filePlace) (*opened, flash.Image, error) {
	o := &opened{name: path.Base(p.dump)}
	if file, err := source.OpenFile(p.dump); err == nil && len(u.pieces) == 0 { // a bare image needs no partition table
		if kind := image.Sniff(file).Kind; kind == image.Ext4 || kind == image.EROFS {
			o.closers, o.inputs = append(o.closers, file), []string{p.dump}
			if p.partition != "" {
				return o, nil, usage("mtkkit image: %s is a file system, and has no partition %s", p.dump, p.partition)
			}
			return o, file, nil
		}
		file.Close()
	}
	src, err := openSource(c.Context, c, u, p.dump)
	u.bars.clear()
	if err != nil {
		return nil, nil, err
	}
	if user := src.User(); user != nil && (p.partition == "" || image.Sniff(user.Image).Kind == image.Super) {
		o.told = notable(src.Problems)
		o.closers, o.inputs = append(o.closers, src), inputs(c, p.dump, src.Files...)
		img, err := o.bare(u, user, p)
		return o, img, err
	}
	src.Close()
	d, err := openDumpOrImage(c, u, p.dump)
	if err != nil {
		return nil, nil, err
	}
	o.closers, o.inputs, o.told = append(o.closers, d), inputs(c, p.dump, d.src.Files...), d.src.Damaged
	img, err := o.partition(u, d, p.partition)
	return o, img, err
}

// bare takes an image that was packed: a file system, or a super partition by itself.
func (o *opened) bare(u *ui, user *flash.Part, p filePlace) (flash.Image, error) {
	img := strict(user.Image, user.Unread)
	switch kind := image.Sniff(img).Kind; {
	case kind == image.Super && p.partition == "":
		return nil, usage("mtkkit image: which partition of %s? (mtkkit image ls %s system:/)", p.dump, p.dump)
	case kind == image.Super:
		s, err := lp.Read(img, nil)
		if err != nil {
			return nil, err
		}
		name, suffix := slot.Cut(p.partition)
		if suffix == "" {
			suffix = "a"
		}
		return o.logical(s, name, suffix)
	case kind == image.GPT || kind == image.MBR:
		return nil, usage("mtkkit image: which partition of %s? (mtkkit image ls %s system:/)", p.dump, p.dump)
	}
	return img, nil
}

// partition finds a partition of a dump: of the table, else of its super partition. A
// name without a slot stands for the active one.
func (o *opened) partition(u *ui, d *dump, name string) (flash.Image, error) {
	p, err := d.plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	if it, err := find(p, name); err == nil {
		return o.item(it)
	}
	base, suffix := slot.Cut(scatter.Canonical(name))
	if suffix == "" {
		suffix = activeSlot(u, p)
	}
	if it, err := find(p, base+"_"+suffix); err == nil {
		return o.item(it)
	}
	s, err := superOf(p, suffix)
	if err != nil {
		return nil, err
	}
	if s == nil {
		_, err := find(p, name)
		return nil, err
	}
	return o.logical(s, base, suffix)
}

// item takes a row of the table. What of it was not read from the phone cannot be read
// here either.
func (o *opened) item(it *plan.Item) (flash.Image, error) {
	o.name = it.Name
	if it.Present == 0 {
		return nil, fmt.Errorf("%s: nothing of it is in the dump", it.Name)
	}
	return known(it), nil
}

// known is a row's bytes, with holes where nobody knows them. What a sparse file leaves out
// and the row's file system does not use is no hole any more: it is as good as zeros.
func known(it *plan.Item) flash.Image {
	holes := slices.Clone(it.Unread)
	for i := range holes {
		holes[i].Offset -= it.Offset
	}
	if silent := flash.Holes(it.Image); flash.Total(flash.Without(silent, holes)) == flash.Total(silent) {
		return flash.Known(flash.Filled(it.Image), holes)
	}
	return strict(it.Image, holes)
}

// logical takes a partition inside of super.
func (o *opened) logical(s *lp.Super, name, suffix string) (flash.Image, error) {
	part := s.Find(name, suffix)
	switch {
	case part == nil:
		var names []string
		for _, p := range s.Partitions("") {
			names = append(names, p.Name)
		}
		return nil, fmt.Errorf("no partition %q; in super there are: %s", name, strings.Join(names, " "))
	case part.Image == nil && len(part.Needs) > 0:
		return nil, fmt.Errorf("%s: a part of it lies on %s, which is not at hand", part.Name, strings.Join(part.Needs, " and "))
	case part.Image == nil:
		return nil, fmt.Errorf("%s: 0x%x of its 0x%x bytes are not in the dump", part.Name, part.Missing, part.Size)
	}
	o.name = part.Name
	return part.Image, nil
}

// superOf reads the table of logical partitions, nil when the dump has none. Phones that
// got it by an update have it in their system partition.
func superOf(p *plan.Plan, suffix string) (*lp.Super, error) {
	for _, name := range []string{"super", "system_" + suffix, "system"} {
		it, err := find(p, name)
		if err != nil || it.Present == 0 || !lp.Sniff(it.Image) {
			continue
		}
		return lp.Read(known(it), func(device string) flash.Image {
			for _, name := range []string{device, device + "_" + suffix} {
				if other, err := find(p, name); err == nil {
					return known(other)
				}
			}
			return nil
		})
	}
	return nil, nil
}

// activeSlot says which slot stands for names without one, and says that it chose where
// the phone has two. The table of logical partitions has an own slot a on every phone.
func activeSlot(u *ui, p *plan.Plan) string {
	if !slices.ContainsFunc(p.Items, func(it plan.Item) bool {
		_, suffix := slot.Cut(scatter.Canonical(it.Name))
		return suffix != ""
	}) {
		return "a"
	}
	for _, name := range []string{"misc", "para"} {
		if it, err := find(p, name); err == nil && it.Present > 0 {
			if s := slot.Active(known(it)); s != "" {
				u.note("slot %s is the active one, says %s; name the other with its suffix", s, it.Name)
				return s
			}
		}
	}
	u.note("nothing in the dump says which slot is active: a is taken; name the other with its suffix")
	return "a"
}

// activeOf finds what a name without a slot stands for on a phone with two of each, nil
// where there are no two.
func activeOf(u *ui, p *plan.Plan, name string) *plan.Item {
	base, suffix := slot.Cut(scatter.Canonical(name))
	if suffix != "" {
		return nil
	}
	for _, s := range []string{"a", "b"} {
		if _, err := find(p, base+"_"+s); err != nil {
			return nil
		}
	}
	it, _ := find(p, base+"_"+activeSlot(u, p))
	return it
}

func baseName(partition string) string {
	base, _ := slot.Cut(scatter.Canonical(partition))
	return base
}
