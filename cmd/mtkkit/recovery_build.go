package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
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
		Usage:     "a recovery for this phone: its own kernel, a donor's ramdisk, paths from its own table",
		ArgsUsage: "[ROM_1]",
		Description: "The stock image is the phone's own recovery.img (or boot.img), or a dump, which holds it. The donor is a\n" +
			"TWRP or CWM of another phone, best of the same chip. Nothing is replaced; the stock image is kept beside\n" +
			"the new one. From a dump it asks first, unless --yes is given.",
		Flags: flags.Of(flags.Fields(&o.stock, &o.donor, &o.rom, &o.output, &o.yes, &o.scatter), flags.In(flags.GroupInput,
			flags.Text(&o.stock, "stock", "`FILE` of this phone: recovery.img, boot.img, or a dump"),
			flags.Text(&o.donor, "donor", "recovery `IMAGE` of another phone"),
			flags.Text(&o.rom, "for", "`DUMP` of this phone, when --stock is an image: its partition table"),
			limitOption(&o.limit),
		), flags.In(flags.GroupOutput,
			flags.Text(&o.output, "output o", "`FILE` to write (default: recovery-<board>.img)"),
			flags.Choice(&o.adb, "adb", "`root` for a root shell over USB", "root"),
			flags.Switch(&o.explain, "explain", "list what was taken from which image, and why"),
			flags.Switch(&o.yes, "yes y", "ask nothing"),
		), o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) > 1 || len(args) == 1 && o.stock != "" {
				return usage("one stock image or dump, please")
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
	u.bars.clear()
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
		return refusal{err, nil}
	}
	if err != nil {
		return err
	}
	out := cmp.Or(o.output, "recovery-"+recovery.BoardName(s.phone, s.stock.Image)+".img")
	kept := strings.TrimSuffix(out, ".img") + ".stock.img"
	inputs := slices.DeleteFunc(o.inputs(append(s.files, o.donor)...), isFolder) // into a folder that is read may be written
	if err := split.RefuseFile(out, split.FileOptions{Inputs: inputs}); err != nil { // of the two, the name that the user gave
		return refused(err)
	}
	pair := []flash.Output{{Name: kept, Image: s.stock.Image}, {Name: out, Image: built.Image}}
	if _, err := split.WriteImages(ctx, pair, split.ImageOptions{Inputs: inputs, ReadBack: true}); err != nil {
		return refused(err)
	}
	return reportBuild(ctx, u, o, s, built, out, kept)
}

// askDonor settles which donor is used. From a dump it asks, as the old tools did.
func askDonor(ctx context.Context, u *ui, o *buildOptions, s *stockParts) (string, error) {
	if !s.dumped || o.yes {
		if o.donor == "" {
			return "", usage("--donor is needed: a TWRP or CWM image of a phone like this")
		}
		return o.donor, nil
	}
	in := bufio.NewReader(u.in)
	ask := func(question string) (string, error) {
		fmt.Fprint(u.err, printable(question)+" ")
		answer, err := answerOf(ctx, func() (string, error) { return in.ReadString('\n') })
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if answer == "" && err != nil {
			fmt.Fprintln(u.err)
			return "", usage("no answer; --yes and --donor ask nothing")
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
	donor := o.donor
	if donor == "" {
		if donor, err = ask("Which donor? (file of a TWRP or CWM recovery)"); err == nil && donor == "" {
			err = usage("no donor was named")
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

func reportBuild(ctx context.Context, u *ui, o *buildOptions, s *stockParts, b *recovery.Built, out, kept string) (err error) {
	doc := buildDoc{"mtkkit.recovery-build/1", out, b.Image.Size(), kept, b.Steps, nil, b.Problems}
	problems := b.Problems
	if s.phone != nil {
		s.phone.Stock = s.stock.Image
		doc.Verdict, err = recovery.Check(ctx, recovery.Source{Name: filepath.Base(out), Image: b.Image}, s.phone, o.limit)
		if err != nil {
			return err
		}
		if doc.Verdict.Answer.Bad() {
			problems = append(problems, doc.Verdict.Reasons...)
		}
	}
	if o.explain {
		for _, st := range b.Steps {
			u.say("%s\n    from %s: %s", st.What, st.From, st.Why)
		}
	}
	u.say("%s: 0x%x bytes, the kernel of %s and the ramdisk of %s", out, b.Image.Size(), s.stock.Name, b.Donor)
	u.say("%s: the stock image, kept", kept)
	if doc.Verdict != nil {
		u.say("%s", doc.Verdict.Line)
	}
	return u.end(doc, problems)
}
