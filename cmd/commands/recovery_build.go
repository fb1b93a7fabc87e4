package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// buildOptions are the options of recovery build.
type buildOptions struct {
	recoveryOptions
	donor, output string
	adb           string // "root", or ""
	explain, yes  bool
}

func recoveryBuildCommand(u *ui) *cli.Command {
	o := &buildOptions{recoveryOptions: newRecoveryOptions()}
	return &cli.Command{
		Name:      "build",
		Usage:     "build a recovery for this phone from its own kernel, the ramdisk of a donor, and the paths in its own table",
		ArgsUsage: "[ROM_1]",
		Description: "The stock image is the phone's own recovery.img (or boot.img), or a dump that contains it. The donor is a\n" +
			"TWRP or CWM image of another phone, best with the same chip. No file is replaced; a copy of the stock image\n" +
			"is written beside the new one. If the stock image is in a dump, mtkkit asks first, unless --yes is given.",
		Flags: flags.Of(flags.Fields(&o.stock, &o.donor, &o.rom, &o.output, &o.yes, &o.scatter), flags.In(flags.GroupInput,
			flags.Text(&o.stock, "stock", "`FILE` of this phone: recovery.img, boot.img, or a dump"),
			flags.Text(&o.donor, "donor", "recovery `IMAGE` of another phone"),
			flags.Text(&o.rom, "for", "`DUMP` of this phone, for its partition table, if --stock is an image"),
			limitOption(&o.limit),
		), flags.In(flags.GroupOutput,
			flags.Text(&o.output, "output o", "`FILE` to write (default: recovery-<board>.img)"),
			flags.Choice(&o.adb, "adb", "`root`: permit a root shell over USB", "root"),
			flags.Switch(&o.explain, "explain", "list what was taken from which image, and why"),
			flags.Switch(&o.yes, "yes y", "do not ask questions"),
		), o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) > 1 || len(args) == 1 && o.stock != "" {
				return usage("give one stock image or dump")
			}
			if o.stock = strings.Join(append(args, o.stock), ""); o.stock == "" {
				return usage("--stock is needed: recovery.img, boot.img or a dump of this phone")
			}
			return recoveryBuild(ctx, u, o)
		}),
	}
}

func recoveryBuild(ctx context.Context, u *ui, o *buildOptions) error {
	s, err := openStock(ctx, u, &o.recoveryOptions)
	if err != nil {
		return err
	}
	defer s.close()
	u.Bars.Clear()
	if o.donor, err = askDonor(ctx, u, o, s); err != nil {
		return err
	}
	donor, err := source.OpenFile(o.donor)
	if err != nil {
		return err
	}
	defer donor.Close()
	built, err := recovery.Build(recovery.BuildOptions{
		Stock: s.stock, Boot: s.boot, Donor: recovery.Source{Name: filepath.Base(o.donor), Image: donor},
		Phone: s.phone, ADBRoot: o.adb != "", Limit: o.limit,
	})
	if flash.AsRefusal(err) != nil {
		return words.Refuse(err)
	}
	if err != nil {
		return err
	}
	out := cmp.Or(o.output, "recovery-"+recovery.BoardName(s.phone, s.stock.Image)+".img")
	kept := strings.TrimSuffix(out, ".img") + ".stock.img"
	inputs := slices.DeleteFunc(o.inputs(append(s.files, o.donor)...), words.IsFolder) // a file may be written into a folder that is read
	if err := split.RefuseFile(out, split.FileOptions{Inputs: inputs}); err != nil {   // checked first: the error then has the name that the user gave
		return words.Refused(err)
	}
	pair := []flash.Output{{Name: kept, Image: s.stock.Image}, {Name: out, Image: built.Image}}
	if _, err := split.WriteImages(ctx, pair, split.ImageOptions{Inputs: inputs, ReadBack: true}); err != nil {
		return words.Refused(err)
	}
	return reportBuild(ctx, u, o, s, built, out, kept)
}

// askDonor returns the donor that is used. If the stock image is in a dump, it asks the user.
func askDonor(ctx context.Context, u *ui, o *buildOptions, s *stockParts) (string, error) {
	if !s.dumped || o.yes {
		if o.donor == "" {
			return "", usage("--donor is needed: a TWRP or CWM image of a similar phone")
		}
		return o.donor, nil
	}
	ask := func(question string) (string, error) {
		answer, err := u.Ask(ctx, question)
		if errors.Is(err, screen.ErrNoAnswer) {
			return "", usage("no answer; use --yes and --donor to avoid the questions")
		}
		return answer, err
	}
	answer, err := ask(fmt.Sprintf("%s is the stock image. Build a recovery now? (y/n)", s.stock.Name))
	if err != nil {
		return "", err
	}
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return "", words.Refuse(errors.New("nothing was built: the answer was not yes"))
	}
	donor := o.donor
	if donor == "" {
		if donor, err = ask("Path of the donor, a TWRP or CWM recovery image:"); err == nil && donor == "" {
			err = usage("no donor was given")
		}
	}
	return donor, err
}

func reportBuild(ctx context.Context, u *ui, o *buildOptions, s *stockParts, b *recovery.Built, out, kept string) (err error) {
	var v *recovery.Verdict
	if s.phone != nil {
		s.phone.Stock = s.stock.Image
		if v, err = recovery.Check(ctx, recovery.Source{Name: filepath.Base(out), Image: b.Image}, s.phone, o.limit); err != nil {
			return err
		}
	}
	if o.explain {
		for _, st := range b.Steps {
			u.Say("%s\n    from %s: %s", st.What, st.From, st.Why)
		}
	}
	u.Say("%s: 0x%x bytes, with the kernel of %s and the ramdisk of %s", out, b.Image.Size(), s.stock.Name, b.Donor)
	u.Say("%s: copy of the stock image", kept)
	if v != nil {
		u.Say("%s", v.Line)
	}
	doc := document.NewBuiltRecovery(out, kept, b, v)
	return u.End(doc, doc.Problems)
}
