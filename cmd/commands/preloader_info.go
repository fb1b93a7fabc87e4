package commands

import (
	"fmt"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/preloader"
)

func preloaderInfo(u *ui, b boots) error {
	doc := document.Preloader{Path: b.path}
	for _, p := range b.parts {
		r, err := preloader.Read(p.Image)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Source, err)
		}
		doc.Add(r)
	}
	for i, r := range doc.Regions {
		printRegion(u, b.parts[i].Source, r)
	}
	return u.End(doc, doc.Problems)
}

func printRegion(u *ui, name string, r *preloader.Region) {
	row := func(k, format string, a ...any) { u.Say("  %-12s %s", k, fmt.Sprintf(format, a...)) }
	u.Say("%s", name)
	switch {
	case r.Medium == "GFH":
		row("shape", "a flashable preloader file, without a boot region around it")
	case r.NAND != nil:
		row("shape", "%s boot region, pages of %d + %d bytes (not verified on a real one)", r.Medium, r.NAND.PageSize, r.NAND.SpareSize)
	case r.Header != nil:
		row("shape", "%s boot region, unit 0x%x, version %d", r.Medium, r.Header.Unit, r.Header.Version)
	}
	if r.Layout != nil {
		for _, e := range r.Layout.Entries {
			row("BRLYT", "entry %d: type %d on device %d, begin 0x%x, boundary 0x%x, attribute %d", e.Index, e.Type, e.Device, e.Begin, e.Boundary, e.Attribute)
		}
	}
	for _, f := range r.Files {
		u.Say("")
		printFile(u, row, f)
	}
}

func printFile(u *ui, row func(k, format string, a ...any), f *preloader.File) {
	row(f.Kind, "%s, 0x%x bytes at 0x%x", f.FileName, f.Extent.Length, f.Extent.Offset)
	row("load address", "0x%x, content at 0x%x, jump to 0x%x, maximum size 0x%x", f.Info.LoadAddress, f.Info.ContentOffset, f.Info.JumpOffset, f.Info.MaxSize)
	for _, g := range f.Records {
		row("record", "%-14s version %d, 0x%x bytes at 0x%x", g.Name, g.Version, g.Size, g.Offset)
	}
	row("signature", "type %d, 0x%x bytes", f.Info.SignatureType, f.Info.SignatureLen)
	row("hash", "%s", proofWords(f.Proof))
	chip, sure := f.Chip()
	if chip == "" {
		chip, sure = "unknown", "no fact in it is certain"
	}
	row("chip", "%s (%s)", chip, sure)
	for _, e := range f.Evidence {
		row("", "%s indicates %s: %q, confidence %s", e.Source, e.Chip, e.Text, e.Confidence)
	}
	if b := f.Bloader; b != nil {
		board := b.Board
		if board == "" {
			board = "unknown (" + b.FileName + " is only a default name)"
		}
		row("board", "%s", board)
		row("DRAM", "%d entries (MTK_BLOADER_INFO_%s)", b.EMICount, b.Version)
		for i, e := range b.EMI {
			row("", "entry %d at 0x%x, %d bytes: %.16x…", i, e.Offset, len(e.Raw), []byte(e.Raw))
		}
	}
	if f.BuildTime != "" {
		row("built", "%s", f.BuildTime)
	}
	switch t := f.Tail; {
	case t.Fill == "":
		row("after it", "nothing")
	case t.DataBytes > 0:
		row("after it", "0x%x bytes, 0x%x of them data", t.Extent.Length, t.DataBytes)
	default:
		row("after it", "0x%x bytes, fill %s", t.Extent.Length, t.Fill)
	}
}

func proofWords(p preloader.Proof) string {
	switch {
	case p.OK:
		return fmt.Sprintf("proven: the %s of the file is in its signature (%s)", p.Kind, p.Where)
	case p.Failed():
		return "NOT proven: " + p.Where
	}
	return "cannot be proven: " + p.Where
}
