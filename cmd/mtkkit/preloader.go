package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

func preloaderCommand(u *ui) *cli.Command {
	common := []cli.Flag{
		&cli.StringFlag{Name: "boot2", Usage: "`FILE` with the second boot region, to compare with"},
		&cli.StringFlag{Name: "tmp", Usage: "`FOLDER` where a compressed file is unpacked"},
		jsonFlag(), quietFlag(), progressFlag(),
	}
	return &cli.Command{
		Name:  "preloader",
		Usage: "look at a preloader, make it flashable, wrap it for a boot region",
		Subcommands: []*cli.Command{
			{
				Name:      "info",
				Usage:     "everything a preloader says of itself, and whether its hash proves it",
				ArgsUsage: "FILE (a boot region, a flashable preloader, or a dump that holds one)",
				Flags:     common,
				Action:    withPreloader(u, preloaderInfo),
			},
			{
				Name:      "fix",
				Usage:     "cut the flashable preloader out of a boot region, exact to the byte",
				ArgsUsage: "FILE",
				Flags: append([]cli.Flag{
					&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` to write to (default: the file's name with .preloader)"},
					&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "write a preloader that does not prove too, and replace what an earlier run wrote"},
					&cli.BoolFlag{Name: "keep-tail", Usage: "keep what follows the preloader as a file of its own"},
				}, common...),
				Action: withPreloader(u, preloaderFix),
			},
			wrapCommand(u),
		},
	}
}

// boots are the boot regions of a file, at most two.
type boots struct {
	path  string
	parts []flash.Part
}

// withPreloader opens the file a command names and finds its boot regions.
func withPreloader(u *ui, do func(c *cli.Context, u *ui, b boots) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		path, err := oneFile(c, "file")
		if err != nil {
			return err
		}
		if err := u.speakOld(c); err != nil {
			return err
		}
		src, err := source.Open(c.Context, path, source.Options{Boot2: c.String("boot2"), TempDir: c.String("tmp"), Progress: u.bars.event})
		if err != nil {
			return err
		}
		defer src.Close()
		u.bars.clear()
		b := boots{path: path}
		for _, p := range src.Parts {
			if p.Region.IsBoot() {
				b.parts = append(b.parts, p)
			}
		}
		found := len(b.parts)
		if b.parts, err = readOf(u, b.parts, path); err != nil {
			return err
		}
		if len(b.parts) == 0 { // cut off its header, or something else altogether: Read decides
			b.parts = src.Parts[:1]
		}
		if err = do(c, u, b); err == nil && len(b.parts) < found {
			err = errProblems
		}
		return whatElse(path, "boot region and no preloader", err, nil)
	}
}

// preloaderDoc is the JSON document of preloader info.
type preloaderDoc struct {
	Schema  string              `json:"schema"`
	File    string              `json:"file"`
	Regions []*preloader.Region `json:"regions"`
}

func preloaderInfo(c *cli.Context, u *ui, b boots) error {
	doc := preloaderDoc{Schema: "mtkkit.preloader/1", File: b.path}
	var problems []flash.Problem
	for _, p := range b.parts {
		r, err := preloader.Read(p.Image)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Source, err)
		}
		doc.Regions = append(doc.Regions, r)
		problems = append(problems, r.Problems...)
		for _, f := range r.Files {
			if f.Proof.Failed() && !f.Cut() && flash.Worst(r.Problems) < flash.Warning {
				problems = append(problems, flash.Problem{Severity: flash.Warning, Place: f.FileName, Offset: f.Extent.Offset, Text: "its hash does not prove"})
			}
		}
	}
	if u.json {
		if err := u.document(doc); err != nil {
			return err
		}
	}
	for i, r := range doc.Regions {
		printRegion(u, b.parts[i].Source, r)
	}
	u.problems(problems)
	return verdict(problems)
}

func printRegion(u *ui, name string, r *preloader.Region) {
	row := func(k, format string, a ...any) { u.say("  %-12s %s", k, fmt.Sprintf(format, a...)) }
	u.say("%s", name)
	switch {
	case r.Medium == "GFH":
		row("shape", "a flashable preloader file, no boot region around it")
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
		u.say("")
		printFile(u, row, f)
	}
}

func printFile(u *ui, row func(k, format string, a ...any), f *preloader.File) {
	row(f.Kind, "%s, 0x%x bytes at 0x%x", f.FileName, f.Extent.Length, f.Extent.Offset)
	row("load address", "0x%x, content at 0x%x, jump to 0x%x, room 0x%x", f.Info.LoadAddress, f.Info.ContentOffset, f.Info.JumpOffset, f.Info.MaxSize)
	for _, g := range f.Records {
		row("record", "%-14s version %d, 0x%x bytes at 0x%x", g.Name, g.Version, g.Size, g.Offset)
	}
	row("signature", "type %d, 0x%x bytes", f.Info.SignatureType, f.Info.SignatureLen)
	row("hash", "%s", proofWords(f.Proof))
	chip, sure := f.Chip()
	if chip == "" {
		chip, sure = "unknown", "nothing in it tells for sure"
	}
	row("chip", "%s (%s)", chip, sure)
	for _, e := range f.Evidence {
		row("", "%s says %s: %q, confidence %s", e.Source, e.Chip, e.Text, e.Confidence)
	}
	if b := f.Bloader; b != nil {
		board := b.Board
		if board == "" {
			board = "not said (" + b.FileName + " is a left-over default)"
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
		return fmt.Sprintf("proven: %s of the file stands in its signature (%s)", p.Kind, p.Where)
	case p.Failed():
		return "NOT proven: " + p.Where
	}
	return "cannot be proven: " + p.Where
}

func preloaderFix(c *cli.Context, u *ui, b boots) error {
	fixed, problems, err := fixBoots(b)
	if err := tolerate(c, fixed, err); err != nil {
		return err
	}
	var outputs []flash.Output
	already := false
	for _, f := range fixed {
		part := b.parts[max(f.Region, 1)-1]
		if f.Already {
			u.say("%s is flashable as it is; nothing to do", part.Source)
			already = true
			continue
		}
		outputs = append(outputs, flash.Output{Name: f.Name, Image: f.Image})
		if t := f.File.Tail; c.Bool("keep-tail") && t.Extent.Length > 0 {
			outputs = append(outputs, flash.Output{Name: strings.TrimSuffix(f.Name, ".bin") + "_tail.bin", Image: flash.Slice(part.Image, t.Extent)})
		}
		if f.Refused != nil {
			problems = append(problems, flash.Problem{Severity: flash.Error, Place: f.Name, Offset: f.Refused.Offset,
				Text: f.Refused.Text + "; written because of --force: flashing it can leave a dead phone"})
		}
	}
	if len(outputs) == 0 {
		if u.json {
			if err := u.document(map[string]any{"schema": "mtkkit.preloader-fix/1", "already": already, "problems": problems}); err != nil {
				return err
			}
		}
		u.problems(problems)
		return verdict(problems)
	}
	dir := cmp.Or(c.String("output"), besides(b.path, ".preloader"))
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: "mtkkit " + version(), Kind: "preloader", Complete: true, Problems: problems}
	if err := writeFolder(c, dir, []string{b.path, c.String("boot2")}, outputs, m); err != nil {
		return err
	}
	u.bars.clear()
	if u.json {
		if err := u.document(m); err != nil {
			return err
		}
	}
	u.problems(problems)
	for _, o := range outputs {
		u.say("%s/%s: 0x%x bytes", dir, o.Name, o.Image.Size())
	}
	return verdict(problems)
}

func fixBoots(b boots) ([]preloader.Fixed, []flash.Problem, error) {
	if len(b.parts) > 1 {
		return preloader.FixPair(b.parts[0].Image, b.parts[1].Image)
	}
	return preloader.Fix(b.parts[0].Image)
}

// tolerate decides what a refusal of the library means: a stop for safety, unless the
// user insists and there is something to write.
func tolerate(c *cli.Context, fixed []preloader.Fixed, err error) error {
	no := flash.AsRefusal(err)
	if no == nil {
		return err
	}
	if len(fixed) == 0 {
		return refusal{err, []string{hintReadAgain}}
	}
	if !c.Bool("force") {
		return refusal{err, []string{refusalHint(no)}}
	}
	return nil
}

// writeFolder writes outputs and their manifest into a folder that verify understands.
func writeFolder(c *cli.Context, dir string, inputs []string, outputs []flash.Output, m *flash.Manifest) error {
	folder, err := split.Create(dir, outputs, nil, split.Options{Force: c.Bool("force"), Inputs: nonEmpty(inputs)})
	if err != nil {
		return refused(err)
	}
	if _, err = folder.Copy(c.Context); err == nil {
		err = folder.Finish(m)
	}
	if err != nil {
		return errors.Join(err, folder.Abandon())
	}
	return nil
}

func wrapCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "wrap",
		Usage:     "put a flashable preloader into the shape of a boot region",
		ArgsUsage: "preloader_<board>.bin",
		Description: "A preloader file does not tell for sure for which medium it is, nor how much room it has there:\n" +
			"--medium and --boundary say it, or --like copies both from a region of the same phone. Without\n" +
			"them, what the file names is taken and said; where it names no one medium, you are asked.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write (default: the preloader's name with .region.bin)"},
			&cli.StringFlag{Name: "medium", Aliases: []string{"storage"}, Usage: "`MEDIUM` to start from: emmc, ufs, combo, sdmmc or sf"},
			&cli.StringFlag{Name: "boundary", Usage: "end of the preloader's room: `max` (the default, as on phones) or file (as in older builds)"},
			&cli.StringFlag{Name: "like", Usage: "boot-region `FILE` of the same phone, whose header is used as it is"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "wrap a preloader that does not prove too, and replace the output"},
			jsonFlag(), quietFlag(), progressFlag(),
		},
		Action: func(c *cli.Context) error {
			path, err := oneFile(c, "preloader")
			if err != nil {
				return err
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			return wrapPreloader(c, u, path)
		},
	}
}

var media = map[string]string{
	"": "", "emmc": preloader.MediumEMMC, "ufs": preloader.MediumUFS, "combo": preloader.MediumCombo,
	"sdmmc": preloader.MediumSDMMC, "sf": preloader.MediumSF,
}

// mediumOf takes the medium that a preloader names, and says so. What is no preloader is
// left to who wraps it.
func mediumOf(u *ui, img flash.Image, path string) (string, error) {
	r, err := preloader.Read(img)
	if err != nil || r.Medium != preloader.MediumGFH || len(r.Files) == 0 {
		return "", nil
	}
	info := r.Files[0].Info
	medium := info.Medium()
	if medium == "" {
		return "", hinted{usage("mtkkit preloader wrap: for which medium is %s? It names flash device 0x%x, which stands for several", path, info.FlashDevice),
			[]string{"--medium emmc (or ufs, combo …) says it; --like BOOT_1 takes the header of a region of the same phone"}}
	}
	u.note("%s names flash device %d, so a region of %s is made: --medium names another", path, info.FlashDevice, medium)
	return medium, nil
}

func wrapPreloader(c *cli.Context, u *ui, path string) error {
	medium, ok := media[strings.TrimSuffix(strings.ToLower(c.String("medium")), "_boot")]
	if !ok {
		return usage("mtkkit preloader wrap: --medium is emmc, ufs, combo, sdmmc or sf, not %q", c.String("medium"))
	}
	opt := preloader.WrapOptions{Medium: medium, Boundary: preloader.Boundary(c.String("boundary"))}
	switch opt.Boundary {
	case "", preloader.BoundaryMax, preloader.BoundaryFile:
	default:
		return usage("mtkkit preloader wrap: --boundary is max or file, not %q", c.String("boundary"))
	}
	img, err := source.OpenFile(path)
	if err != nil {
		return err
	}
	defer img.Close()
	inputs := []string{path}
	if like := c.String("like"); like != "" {
		l, err := source.OpenFile(like)
		if err != nil {
			return err
		}
		defer l.Close()
		opt.Like, inputs = l, append(inputs, like)
	}
	if opt.Medium == "" && opt.Like == nil {
		if opt.Medium, err = mediumOf(u, img, path); err != nil {
			return err
		}
	}
	region, err := preloader.Wrap(img, opt)
	no := flash.AsRefusal(err)
	if no != nil && region != nil && c.Bool("force") {
		u.problems([]flash.Problem{{Severity: flash.Error, Place: path, Offset: no.Offset, Text: no.Text + "; wrapped because of --force"}})
	} else if no != nil {
		return refusal{err, []string{hintWrap}}
	} else if err != nil {
		return whatElse(path, "preloader", fmt.Errorf("%s: %w", path, err), nil)
	}
	out := c.String("output")
	if out == "" {
		out = strings.TrimSuffix(path, ".bin") + ".region.bin"
	}
	file := outFile{path: out, inputs: inputs, force: c.Bool("force"), ours: "_BOOT\x00"}
	if err := file.refuse(); err != nil {
		return err
	}
	if err := file.write(func(w io.Writer) error { _, err := w.Write(region); return err }); err != nil {
		return err
	}
	if u.json {
		if err := u.document(map[string]any{"schema": "mtkkit.preloader-wrap/1", "file": out, "length": len(region)}); err != nil {
			return err
		}
	}
	u.say("%s: 0x%x bytes, to be written at the start of the boot region (both of them, where there are two)", out, len(region))
	if no != nil {
		return errProblems
	}
	return nil
}
