package commands

import (
	"cmp"
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

// dumpOptions are the options of every command that reads a dump.
type dumpOptions struct {
	displayOptions
	keyOptions
	scatter, table     string
	boot1, boot2, rpmb string
	storage            flash.Storage
	platform           string
	trust              string
	noSiblings         bool
	tmp                string
}

func newDumpOptions() dumpOptions { return dumpOptions{displayOptions: newDisplay()} }

func (o *dumpOptions) options() []flags.Option {
	return slices.Concat(
		flags.In(flags.GroupInput,
			flags.Text(&o.scatter, "scatter", "scatter `FILE` of this phone: gives names, and the partitions that an MBR does not list"),
			flags.Text(&o.table, "table", "`FILE` with the partition table in another form: /proc/dumchar_info, output of mtkclient printgpt …"),
			flags.Text(&o.boot1, "boot1", "`FILE` with the first boot region (BOOT_1, ROM_0 …), which has the preloader"),
			flags.Text(&o.boot2, "boot2", "`FILE` with the second boot region"),
			flags.Text(&o.rpmb, "rpmb", "`FILE` with the RPMB region"),
			flags.Choice(&o.storage, "storage", "`KIND` of flash: emmc, ufs or nand; needed only if the dump does not show it", flash.EMMC, flash.UFS, flash.NAND),
			flags.Text(&o.platform, "platform", "`CHIP` name, such as MT6592; needed only if the dump does not show it"),
			flags.Choice(&o.trust, "trust", "`WITNESS` to use if dump and scatter file disagree: scatter (the scatter file)", "scatter"),
			noSiblingsOption(&o.noSiblings),
			tmpOption(&o.tmp)),
		o.keyOptions.options(), o.displayOptions.options())
}

func noSiblingsOption(p *bool) flags.Option {
	return flags.Switch(p, "no-siblings", "do not use the other files in the dump's folder, even if they certainly belong to the dump")
}

func tmpOption(p *string) flags.Option {
	return flags.Text(p, "tmp", "`FOLDER` where a compressed dump is unpacked")
}

// namesTable returns the path of the table that the user gives, "" for none.
func (o *dumpOptions) namesTable() string { return cmp.Or(o.scatter, o.table) }

// dump makes the options of the library.
func (o *dumpOptions) dump(ctx context.Context, u *ui) (dump.Options, error) {
	out := dump.Options{
		Table: o.namesTable(), Trust: o.trust != "", Boot1: o.boot1, Boot2: o.boot2, RPMB: o.rpmb,
		Storage: o.storage, Platform: o.platform, Alone: o.noSiblings,
		TempDir: o.tmp, Keys: o.keys(ctx, u), Tool: tool(), Progress: u.Bars.Event,
	}
	switch {
	case o.scatter != "" && o.table != "":
		return out, usage("--scatter and --table both give a table: give one of them")
	case out.Trust && out.Table == "":
		return out, usage("--trust scatter needs --scatter FILE")
	}
	return out, checkChip(o.platform)
}

// inputs returns the files that must never be written to: those that the options name, and named.
func (o *dumpOptions) inputs(named ...string) []string {
	return nonEmpty(append(named, o.scatter, o.table, o.boot1, o.boot2, o.rpmb))
}

// input is the dump or the phone that a command works on.
type input struct {
	*dump.Dump
	u     *ui
	phone io.Closer // nil for a dump
}

// Close closes the dump. If the dump has changed since it was opened, the command fails at its end,
// whatever it has made of the dump.
func (d *input) Close() error {
	if d.phone != nil {
		return d.phone.Close()
	}
	if d.u.changed == nil {
		d.u.changed = d.Check()
	}
	return d.Dump.Close()
}

// files returns the files of the dump, which must never be written to; nil for a phone.
func (d *input) files() []string {
	if d.phone != nil {
		return nil
	}
	return append([]string{d.Path}, d.Source.Files...)
}

// missingPieces prints which files were not given that would give more facts.
func (d *input) missingPieces(u *ui) {
	if !u.Quiet && !u.JSON {
		u.Hints(words.MissingPieces(d.Dump)...)
	}
}

// openInput opens a dump. Several paths are the pieces of one sparse image.
func openInput(ctx context.Context, u *ui, o *dumpOptions, paths ...string) (*input, error) {
	return openWith(ctx, u, o, func(*dump.Options) {}, paths...)
}

// openAny is openInput for commands that also take a single image.
func openAny(ctx context.Context, u *ui, o *dumpOptions, paths ...string) (*input, error) {
	return openWith(ctx, u, o, func(opt *dump.Options) { opt.Image = true }, paths...)
}

// openWith is openInput with options of the library that have no option on the command line.
func openWith(ctx context.Context, u *ui, o *dumpOptions, more func(*dump.Options), paths ...string) (*input, error) {
	opt, err := o.dump(ctx, u)
	if err != nil {
		return nil, err
	}
	more(&opt)
	d, err := dump.OpenPieces(ctx, paths, opt)
	if err != nil {
		return nil, o.notOpened(u, err)
	}
	u.Bars.Clear()
	u.meet(d)
	return &input{Dump: d, u: u}, nil
}

// notOpened prints the problems of a dump in which no partitions were found, and adds hints to err.
func (o *dumpOptions) notOpened(u *ui, err error) error {
	u.Bars.Clear()
	if none := (*dump.NoTableError)(nil); errors.As(err, &none) {
		u.Problems(none.Problems)
	}
	return words.LockedDump(err, o.key)
}

// meet prints which files were used in addition, and records whether the dump is unfinished.
func (u *ui) meet(d *dump.Dump) {
	u.tellTaken(d)
	u.unfinished = unfinishedOf(d.Source, d.Path)
}

// notCompared notes that a command does not compare what it reads with the hashes of a folder.
func (u *ui) notCompared(d *dump.Dump) {
	if s := words.NotCompared(d); s != "" && !u.JSON {
		u.Note("%s", s)
	}
}

// tellTaken prints the files that were used although the user did not name them.
func (u *ui) tellTaken(d *dump.Dump) {
	for _, t := range d.Taken {
		if !u.JSON {
			u.Note("%s", words.Taken(d, t))
		}
	}
}

// openBytes opens the regions of a dump without looking for partitions.
func openBytes(ctx context.Context, u *ui, o *dumpOptions, paths ...string) (*source.Source, error) {
	opt, err := o.dump(ctx, u)
	if err != nil {
		return nil, err
	}
	src, err := dump.OpenBytes(ctx, paths, opt)
	u.Bars.Clear()
	return src, err
}

// oneDump returns the paths of one dump from the arguments: one file, or the pieces of a sparse image.
func oneDump(args []string, what string) ([]string, error) {
	if n := pieces(args); n > 0 && n == len(args) {
		return args, nil
	}
	path, err := flags.One(args, what)
	return []string{path}, err
}

// pieces counts the first arguments that are pieces of one Android sparse image; it returns 0 if
// there are fewer than two.
func pieces(args []string) int {
	n := 0
	for n < len(args) && source.IsSparse(args[n]) {
		n++
	}
	if n < 2 {
		return 0
	}
	return n
}

var chipName = regexp.MustCompile(`^(?i:mt)[0-9]{4}[A-Za-z0-9]{0,3}$`)

// checkChip refuses a text that is not the name of a chip.
func checkChip(name string) error {
	if name != "" && (!chipName.MatchString(name) || flash.KnownChip(name) == "") {
		return usage("--platform must be a chip such as MT6592, not %q", name)
	}
	return nil
}

// nonEmpty returns the names that are not empty.
func nonEmpty(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return strings.TrimSpace(s) == "" })
}
