package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
)

func recoveryBuildCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "build",
		Usage:     "a recovery for this phone: its own kernel, a donor's ramdisk, paths from its own table",
		ArgsUsage: "[ROM_1]",
		Description: "The stock image is the phone's own recovery.img (or boot.img), or a dump, which holds it. The donor is a\n" +
			"TWRP or CWM of another phone, best of the same chip. Nothing is replaced; the stock image is kept beside\n" +
			"the new one. From a dump it asks first, unless --yes is given.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "stock", Usage: "`FILE` of this phone: recovery.img, boot.img, or a dump"},
			&cli.StringFlag{Name: "donor", Usage: "recovery `IMAGE` of another phone"},
			&cli.StringFlag{Name: "for", Usage: "`DUMP` of this phone, when --stock is an image: its partition table"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write (default: recovery-<board>.img)"},
			&cli.StringFlag{Name: "adb", Usage: "`root` for a root shell over USB"},
			&cli.BoolFlag{Name: "explain", Usage: "list what was taken from which image, and why"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "ask nothing"},
			limitFlag(),
		}, dumpFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 || c.NArg() == 1 && c.IsSet("stock") {
				return usage("mtkkit recovery build: one stock image or dump, please")
			}
			stock := cmp.Or(c.String("stock"), c.Args().First())
			switch {
			case stock == "":
				return usage("mtkkit recovery build: --stock is needed: recovery.img, boot.img or a dump of this phone")
			case c.String("adb") != "" && c.String("adb") != "root":
				return usage("mtkkit recovery build: --adb takes root, not %q", c.String("adb"))
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			return recoveryBuild(c, u, stock)
		},
	}
}

// stockParts are the phone's own images, and what is known of the phone.
type stockParts struct {
	path        string
	stock, boot recovery.Source
	phone       *recovery.Phone // nil when no table is at hand
	dumped      bool            // the stock image is from a dump
	close       func() error
}

// openStock opens an image, or finds one in a dump.
func openStock(c *cli.Context, u *ui, path string) (*stockParts, error) {
	img, err := source.OpenFile(path)
	if err == nil && boot.Sniff(img) {
		s := &stockParts{path: path, stock: recovery.Source{Name: filepath.Base(path), Image: img}}
		phone, done, err := openPhone(c, u)
		s.phone, s.close = phone, func() error { return errors.Join(img.Close(), done()) }
		if err != nil {
			return nil, errors.Join(err, img.Close())
		}
		return s, nil
	}
	if err == nil {
		img.Close()
	}
	if c.String("for") != "" {
		return nil, usage("mtkkit recovery build: --for is for a stock image; %s is no boot image", path)
	}
	d, err := openDumpOrImage(c, u, path)
	if err != nil {
		return nil, err
	}
	s := &stockParts{path: path, phone: phoneOf(d), dumped: true, close: d.Close}
	if err := s.find(d); err != nil {
		d.Close()
		return nil, err
	}
	return s, nil
}

// openPhone opens what --for or --scatter says of the phone.
func openPhone(c *cli.Context, u *ui) (*recovery.Phone, func() error, error) {
	nothing := func() error { return nil }
	if dump := c.String("for"); dump != "" {
		d, err := openDump(c, u, dump)
		if err != nil {
			return nil, nothing, err
		}
		p := phoneOf(d)
		if p.Place() == "" && d.Layout.Generation == "ebr" && !d.Layout.Claimed {
			u.hint("an MBR names no partitions: %s", d.wantScatter())
		}
		return p, d.Close, nil
	}
	claim, err := openClaim(c, &source.Source{})
	if err != nil || claim == nil {
		return nil, nothing, err
	}
	return &recovery.Phone{Name: claim.Name, Table: claim.Table(0), Chip: claim.Platform, Board: claim.Project}, nothing, nil
}

// phoneOf is what a dump tells of its phone.
func phoneOf(d *input) *recovery.Phone {
	p := &recovery.Phone{Name: filepath.Base(d.Path), Table: &d.Layout.Table, Chip: d.Layout.Chip.Value, Board: d.Layout.Project.Value, Systems: map[string]string{}}
	if user := d.Source.User(); user != nil {
		p.User = user.Image
	}
	kinds := map[image.Kind]string{image.Ext4: "ext4", image.F2FS: "f2fs", image.EROFS: "erofs", image.SquashFS: "squashfs"}
	for i, ct := range d.Layout.Contents {
		if k := kinds[ct.Kind]; k != "" {
			p.Systems[d.Layout.Table.Partitions[i].Name] = k
		}
	}
	return p
}

// find takes the stock images out of a dump: its recovery, else its boot image.
func (s *stockParts) find(d *input) error {
	get := func(name string) recovery.Source {
		img := s.phone.Image(name)
		if img == nil || !boot.Sniff(img) {
			return recovery.Source{}
		}
		return recovery.Source{Name: s.phone.Row(name).Name + " of " + filepath.Base(s.path), Image: img}
	}
	s.stock, s.boot = get("recovery"), get("boot")
	if s.stock.Image != nil {
		return nil
	}
	if s.stock = s.boot; s.stock.Image != nil {
		s.boot = recovery.Source{}
		return nil
	}
	hint := "a stock recovery.img or boot.img can be given with --stock, the dump with --for"
	if d.Layout.Generation == "ebr" && !d.Layout.Claimed {
		hint = "an MBR does not name them: " + d.wantScatter()
	}
	return hinted{fmt.Errorf("%s: neither the recovery nor the boot partition is in it, or they hold no boot image", s.path), []string{hint}}
}

func recoveryBuild(c *cli.Context, u *ui, path string) error {
	limit, err := ramdiskLimit(c)
	if err != nil {
		return err
	}
	s, err := openStock(c, u, path)
	if err != nil {
		return err
	}
	defer s.close()
	u.bars.clear()
	donor, err := askDonor(c, u, s)
	if err != nil {
		return err
	}
	donorFile, err := source.OpenFile(donor)
	if err != nil {
		return err
	}
	defer donorFile.Close()
	built, err := recovery.Build(recovery.BuildOptions{
		Stock: s.stock, Boot: s.boot, Donor: recovery.Source{Name: filepath.Base(donor), Image: donorFile},
		Phone: s.phone, ADBRoot: c.String("adb") == "root", Limit: limit,
	})
	if flash.AsRefusal(err) != nil {
		return refusal{err, nil}
	}
	if err != nil {
		return err
	}
	out := cmp.Or(c.String("output"), "recovery-"+boardName(s)+".img")
	kept := strings.TrimSuffix(out, ".img") + ".stock.img"
	if err := writePair(c, s, donor, out, kept, built.Image); err != nil {
		return err
	}
	return reportBuild(c, u, s, built, out, kept, limit)
}

// writePair writes the new image and, beside it, the stock one.
func writePair(c *cli.Context, s *stockParts, donor, out, kept string, img flash.Image) error {
	in := inputs(c, s.path, donor, c.String("for"))
	for _, name := range []string{out, kept} {
		if err := (outFile{path: name, inputs: in, ours: noneIsOurs}).refuse(); err != nil {
			return err
		}
	}
	if err := writeImage(kept, s.stock.Image, in...); err != nil {
		return err
	}
	if err := writeImage(out, img, in...); err != nil {
		return errors.Join(err, os.Remove(kept)) // both, or none
	}
	return nil
}

// boardName is a name for files, from what is known of the phone.
func boardName(s *stockParts) string {
	name := ""
	if s.phone != nil {
		name = cmp.Or(s.phone.Board, s.phone.Chip)
	}
	if b, err := boot.Read(s.stock.Image); err == nil {
		name = cmp.Or(name, b.Facts().Board)
	}
	name = strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-') {
			return r
		}
		return '_'
	}, name)
	return cmp.Or(name, "new")
}

// askDonor settles which donor is used. From a dump it asks, as the old tools did.
func askDonor(c *cli.Context, u *ui, s *stockParts) (string, error) {
	donor := c.String("donor")
	if !s.dumped || c.Bool("yes") {
		if donor == "" {
			return "", usage("mtkkit recovery build: --donor is needed: a TWRP or CWM image of a phone like this")
		}
		return donor, nil
	}
	in := bufio.NewReader(u.in)
	ask := func(question string) (string, error) {
		fmt.Fprint(u.err, printable(question)+" ")
		answer, err := answerOf(c.Context, func() (string, error) { return in.ReadString('\n') })
		if c.Context.Err() != nil {
			return "", c.Context.Err()
		}
		if answer == "" && err != nil {
			fmt.Fprintln(u.err)
			return "", usage("mtkkit recovery build: no answer; --yes and --donor ask nothing")
		}
		return strings.TrimSpace(answer), nil
	}
	answer, err := ask(fmt.Sprintf("%s is the stock image. Make a recovery now? (y/n)", s.stock.Name))
	if err != nil {
		return "", err
	}
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return "", refusal{errors.New("nothing was made: the answer was not yes"), nil}
	}
	if donor == "" {
		if donor, err = ask("Which donor? (file of a TWRP or CWM recovery)"); err == nil && donor == "" {
			err = usage("mtkkit recovery build: no donor was named")
		}
	}
	return donor, err
}

// buildDoc is the JSON document of recovery build.
type buildDoc struct {
	Schema   string            `json:"schema"`
	File     string            `json:"file"`
	Length   int64             `json:"length"`
	Stock    string            `json:"stock"`
	Steps    []recovery.Step   `json:"steps"`
	Verdict  *recovery.Verdict `json:"verdict,omitempty"`
	Problems []flash.Problem   `json:"problems,omitempty"`
}

func reportBuild(c *cli.Context, u *ui, s *stockParts, b *recovery.Built, out, kept string, limit int64) error {
	doc := buildDoc{"mtkkit.recovery-build/1", out, b.Image.Size(), kept, b.Steps, nil, b.Problems}
	if s.phone != nil {
		s.phone.Stock = s.stock.Image
		v, err := recovery.Check(c.Context, recovery.Source{Name: filepath.Base(out), Image: b.Image}, s.phone, limit)
		if err != nil {
			return err
		}
		doc.Verdict = v
	}
	if u.json {
		if err := u.document(doc); err != nil {
			return err
		}
	}
	if c.Bool("explain") {
		for _, st := range b.Steps {
			u.say("%s\n    from %s: %s", st.What, st.From, st.Why)
		}
	}
	u.say("%s: 0x%x bytes, the kernel of %s and the ramdisk of %s", out, b.Image.Size(), s.stock.Name, b.Donor)
	u.say("%s: the stock image, kept", kept)
	problems := b.Problems
	if doc.Verdict != nil {
		u.say("%s", doc.Verdict.Line)
		if slices.Contains([]recovery.Answer{recovery.DoesNotStart, recovery.Harmful, recovery.MayHarm}, doc.Verdict.Answer) {
			problems = append(problems, doc.Verdict.Reasons...)
		}
	}
	u.problems(problems)
	return verdict(problems)
}
