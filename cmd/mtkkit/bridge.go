package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
)

// What commands that still read options by their names go through.

// dumpFlags are the options of every command that reads a dump.
func dumpFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "scatter", Usage: "scatter `FILE` of this phone: names, and the partitions an MBR does not list"},
		&cli.StringFlag{Name: "table", Usage: "`FILE` with the partitions in another form: /proc/dumchar_info, mtkclient printgpt …"},
		&cli.StringFlag{Name: "boot1", Usage: "`FILE` with the first boot region (BOOT_1, ROM_0 …): the preloader"},
		&cli.StringFlag{Name: "boot2", Usage: "`FILE` with the second boot region"},
		&cli.StringFlag{Name: "rpmb", Usage: "`FILE` with the RPMB region"},
		&cli.StringFlag{Name: "storage", Usage: "`KIND` of flash, emmc, ufs or nand, when the dump does not tell"},
		&cli.StringFlag{Name: "platform", Usage: "`CHIP` name, such as MT6592, when nothing in the dump tells"},
		&cli.StringFlag{Name: "trust", Usage: "`WITNESS` to believe when they disagree: scatter"},
		noSiblingsFlag(),
		keyFlag(),
		&cli.StringFlag{Name: "tmp", Usage: "`FOLDER` where a compressed dump is unpacked"},
		jsonFlag(), quietFlag(), progressFlag(),
	}
}

func noSiblingsFlag() cli.Flag {
	return &cli.BoolFlag{Name: "no-siblings", Usage: "leave files that lie beside the dump, though they are certainly of it"}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "one JSON document on standard output"}
}
func quietFlag() cli.Flag {
	return &cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no notes and no progress; warnings and errors stay"}
}

func (u *ui) speakOld(c *cli.Context) error {
	return u.speak(&displayOptions{json: c.Bool("json"), quiet: c.Bool("quiet"), progress: progressMode(c.String("progress"))})
}

func bridge(c *cli.Context) *dumpOptions {
	return &dumpOptions{
		displayOptions: displayOptions{json: c.Bool("json"), quiet: c.Bool("quiet"), progress: progressMode(c.String("progress"))},
		keyOptions:     keyOptions{c.StringSlice("key")},
		scatter:        c.String("scatter"), table: c.String("table"), boot1: c.String("boot1"), boot2: c.String("boot2"), rpmb: c.String("rpmb"),
		storage: flash.Storage(strings.ToUpper(c.String("storage"))), platform: c.String("platform"), trust: c.String("trust"),
		noSiblings: c.Bool("no-siblings"), tmp: c.String("tmp"),
	}
}

func bridgePhone(c *cli.Context) *phoneOptions {
	o := &phoneOptions{port: c.String("port"), da: c.String("da"), preloader: c.String("preloader"), auth: c.String("auth"), cert: c.String("cert"), then: endWord(c.String("then"))}
	if s, _ := c.Generic("wait").(*seconds); s != nil {
		o.wait = time.Duration(*s)
	}
	return o
}

func (u *ui) paths(path string) []string {
	if len(u.pieces) > 0 && u.pieces[0] == path {
		return u.pieces
	}
	return []string{path}
}

func withDump(u *ui, do func(c *cli.Context, d *input) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		path := ""
		if !c.IsSet("port") {
			var err error
			if path, err = u.oneDump(c, "dump"); err != nil {
				return err
			}
		} else if c.NArg() > 0 {
			return usage("%s: either a dump or --port, not %q besides", commandName(c), c.Args().First())
		}
		if err := u.speakOld(c); err != nil {
			return err
		}
		d, err := openDump(c, u, path)
		if err != nil {
			return err
		}
		defer d.Close()
		return do(c, d)
	}
}

func openDump(c *cli.Context, u *ui, path string) (*input, error) {
	if c.IsSet("port") {
		return openPhoneInput(c.Context, u, bridge(c), bridgePhone(c))
	}
	return openInput(c.Context, u, bridge(c), u.paths(path)...)
}

func openDumpOrImage(c *cli.Context, u *ui, path string) (*input, error) {
	if c.IsSet("port") {
		return openPhoneInput(c.Context, u, bridge(c), bridgePhone(c))
	}
	return openAny(c.Context, u, bridge(c), u.paths(path)...)
}

func openSource(ctx context.Context, c *cli.Context, u *ui, path string) (*source.Source, error) {
	return openBytes(ctx, u, bridge(c), u.paths(path)...)
}

func openClaim(c *cli.Context, src *source.Source) (*layout.Claim, error) {
	o := bridge(c)
	if o.scatter != "" && o.table != "" {
		return nil, usage("--scatter and --table both give a table: give one of them")
	}
	return dump.ReadTable(o.namesTable(), src)
}

func inputs(c *cli.Context, path string, opened ...string) []string {
	in := append([]string{path}, opened...)
	if c.IsSet("port") {
		in = nil // a phone is no file
	}
	return append(bridge(c).inputs(in...), bridgePhone(c).inputs()...)
}

func keyFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "key", Aliases: []string{"i"},
		Usage: "`FILE` with the private key of an encrypted backup: age's or an ssh key (a passphrase is asked for, or taken from " + passphraseVariable + ")"}
}

func keysOf(c *cli.Context) func() ([]seal.Key, error) {
	return (&keyOptions{c.StringSlice("key")}).keys(c.Context)
}

func progressFlag() cli.Flag {
	return &cli.StringFlag{Name: "progress", Value: "auto", Usage: "`HOW` progress is shown: auto, plain, json or none"}
}

// piecesOf returns the files at the front of a command's arguments that are pieces of one
// Android sparse image, nil when there are not several.
func piecesOf(args []string) []string {
	n := 0
	for n < len(args) && source.IsSparse(args[n]) {
		n++
	}
	if n < 2 {
		return nil
	}
	return args[:n]
}

// oneDump is oneFile for commands that take the pieces of a sparse image as one dump.
func (u *ui) oneDump(c *cli.Context, what string) (string, error) {
	if p := piecesOf(c.Args().Slice()); len(p) > 0 && len(p) == c.NArg() {
		u.pieces = p
		return p[0], nil
	}
	return oneFile(c, what)
}

// join takes the pieces at the front of the arguments as one file, of the first one's name.
func (u *ui) join(args []string) []string {
	p := piecesOf(args)
	if len(p) == 0 {
		return args
	}
	u.pieces = p
	return append(p[:1:1], args[len(p):]...)
}

func phoneFlags() (out []cli.Flag) {
	o := newPhoneOptions()
	for _, f := range o.options() {
		if g, ok := f.Flag.(*cli.GenericFlag); ok && g.Name != "wait" {
			out = append(out, &cli.StringFlag{Name: g.Name, Usage: g.Usage, Value: g.Value.String()})
		} else if ok {
			out = append(out, &cli.GenericFlag{Name: g.Name, Usage: g.Usage, Value: new(seconds)})
		}
	}
	return out
}

// seconds is a time on the command line: 90, 90s, 5m.
type seconds time.Duration

// Set implements cli.Generic.
func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, nerr := strconv.ParseUint(text, 10, 31); nerr == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d < 0 {
		return fmt.Errorf("a time is 90 (seconds), 90s or 5m, not %q", text)
	}
	*s = seconds(d)
	return nil
}

// String implements cli.Generic.
func (s *seconds) String() string {
	if *s == 0 {
		return ""
	}
	return time.Duration(*s).String()
}

// waitOf is how long a command waits for a phone, 0 for ever.
func waitOf(c *cli.Context) time.Duration {
	s, _ := c.Generic("wait").(*seconds)
	if s == nil {
		return 0
	}
	return time.Duration(*s)
}

func mayBeMixed(m *flash.Manifest) bool { return dump.Mixed(m) }

func refusePipeOld(c *cli.Command) {
	if findFlag(c.Flags, "output") == nil {
		return
	}
	before := c.Before
	c.Before = func(ctx *cli.Context) error {
		if ctx.String("output") == source.Stdin {
			return usage("%s: it writes to no pipe: -o is the name of a file or a folder", commandName(ctx))
		}
		if before != nil {
			return before(ctx)
		}
		return nil
	}
}
