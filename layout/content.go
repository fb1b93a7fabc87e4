package layout

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/scatter"
)

// lookAt reads the start of every row, because content is a witness, too.
func (l *Layout) lookAt(img flash.Image) { l.Contents = l.contentsOf(img, &l.Table) }

func (l *Layout) contentsOf(img flash.Image, t *flash.Table) []Content {
	out := make([]Content, len(t.Partitions))
	for i, p := range t.Partitions {
		if p.Region != l.User || !p.Placed() || p.Offset >= l.Have {
			continue
		}
		c := image.Sniff(flash.Slice(img, p.Extent))
		out[i] = Content{c, image.Agrees(scatter.Canonical(p.Name), c)}
	}
	return out
}

// confirmed reports whether the content of at least one row confirms its name.
func (l *Layout) confirmed() bool { return slices.ContainsFunc(l.Contents, Content.bearsOut) }

// bearsOut reports whether the content proves its row's name. File systems do not count: those
// of protect_f and similar rows are at the same offset in all phones of a generation, so they
// would confirm foreign scatter files.
func (c Content) bearsOut() bool {
	switch c.Kind {
	case image.AndroidBoot, image.VendorBoot, image.MTKImage, image.SecRO, image.VBMeta, image.DTBO, image.Super:
		return c.Verdict == image.Confirmed
	}
	return false
}

// contentDenies lists the rows with content that cannot belong to them.
func (l *Layout) contentDenies() []Difference {
	var out []Difference
	for i, c := range l.Contents {
		if p := l.Table.Partitions[i]; c.Verdict == image.Contradicted {
			out = append(out, Difference{p.Name, p.Offset, flash.NoOffset, fmt.Sprintf(
				"%s: the content at 0x%x is %s", p.Name, p.Offset, describe(c.Content))})
		}
	}
	return out
}

func describe(c image.Content) string {
	if c.Label != "" {
		return fmt.Sprintf("%s %q", c.Kind, c.Label)
	}
	return c.Kind.String()
}

// guess proposes a table from content alone. Every row is marked as a guess; the length of a
// partition is the one that its content states.
func (l *Layout) guess(ctx context.Context, img flash.Image, progress func(flash.Event)) error {
	found, err := image.Find(ctx, img, func(done int64) {
		if progress != nil {
			progress(flash.Event{Op: "search", Done: done, Total: img.Size()})
		}
	})
	if err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	if len(found) == 0 && (l.User != flash.NANDWhole || !l.starts()) {
		return ErrNoTable
	}
	l.Generation, l.Witness = flash.GenerationContent, flash.WitnessContent
	l.Table = flash.Table{Format: "content"}
	for i := 0; i < len(found); i++ {
		f := found[i]
		signed := signature(img, found, i)
		if signed != "" {
			i++ // the next content is the signature of this one
			f.Stated = found[i].Offset + found[i].Stated - f.Offset
		}
		end := img.Size()
		if i+1 < len(found) {
			end = found[i+1].Offset
		}
		p := flash.Partition{Index: len(l.Table.Partitions), Region: l.User, Extent: flash.Extent{Offset: f.Offset}, Witness: flash.Guessed}
		p.Length = min(alignPage(max(f.Length, f.Stated)), end-f.Offset)
		if p.Length == 0 {
			p.Length = end - f.Offset
		}
		p.Name = cmp.Or(signed, contentName(img, f, p.Extent))
		l.Table.Partitions = append(l.Table.Partitions, p)
		l.problem(flash.Warning, p, "is a guess from content: %s; no table has it", describe(f.Content))
	}
	l.lookAt(img)
	return nil
}

// starts reports whether a boot loader was found: on a NAND chip it is part of the dump.
func (l *Layout) starts() bool {
	return slices.ContainsFunc(l.Boots, func(b Boot) bool { return b.Header != nil })
}

// signature returns the partition name of the i-th content if an AVB block follows it directly:
// this block is not a partition.
func signature(img flash.Image, found []image.Found, i int) string {
	if i+1 == len(found) || found[i+1].Kind != image.VBMeta || found[i+1].Offset != alignPage(found[i].Offset+found[i].Stated) {
		return ""
	}
	at := found[i+1].Offset
	return image.AVBName(flash.Slice(img, flash.Extent{Offset: at, Length: img.Size() - at}))
}

func alignPage(n int64) int64 { return (n + 0xFFF) &^ 0xFFF }

// contentName returns the usual partition name for a content, or else a name made from its kind
// and offset.
func contentName(img flash.Image, f image.Found, e flash.Extent) string {
	name := ""
	switch f.Kind {
	case image.AndroidBoot:
		name = image.BootRole(flash.Slice(img, flash.Extent{Offset: f.Offset, Length: img.Size() - f.Offset}))
	case image.VendorBoot:
		name = "vendor_boot"
	case image.VBMeta:
		name = "vbmeta"
	case image.DTBO:
		name = "dtbo"
	case image.SecRO:
		name = "secro"
	case image.Super, image.MTKImage, image.Ext4, image.F2FS, image.EROFS, image.SquashFS:
		name = strings.ToLower(strings.Trim(f.Label, "/"))
	}
	if name == "" {
		name = fmt.Sprintf("%s_0x%x", strings.ToLower(strings.ReplaceAll(f.Kind.String(), " ", "_")), e.Offset)
	}
	return name
}
