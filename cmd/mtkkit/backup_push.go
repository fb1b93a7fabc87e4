package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/split"
)

func backupPushCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "push",
		Usage:     "keep a dump or a parts folder among the backups of other phones",
		ArgsUsage: "ROM_1|ROM_1.parts REF",
		Description: "Splits the dump as mtkkit split does and stores what no other backup in the same place holds already.\n" +
			refHelp + "\nA push that is interrupted goes on where it was when it is run again.\n" +
			"Who can read the place reads the phone, unless --encrypt or --encrypt-private locks it: what is encrypted shares\n" +
			"nothing with other backups. An encrypted archive is pushed as what is in it; these options lock that again.",
		Flags: slices.Concat([]cli.Flag{
			&cli.IntFlag{Name: "level", Value: oci.DefaultLevel, Usage: "zstd compression `LEVEL`, 1 to 19; another one breaks no sharing"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "the tag may exist; it then names the new backup"},
			placeFlags()[0],
		}, sealFlags(), dumpFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() != 2 {
				return usage("%s: what, and where to? (%s ROM_1 oci:backups:blu-s5260-2026-11-22)", commandName(c), commandName(c))
			}
			ref, err := parsePlace(c, c.Args().Get(1), true)
			if err != nil {
				return err
			}
			if l := c.Int("level"); l < 1 || l > 19 {
				return usage("%s: --level is 1 to 19, not %d", commandName(c), l)
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			opt := oci.PushOptions{Level: c.Int("level"), Replace: c.Bool("force"), Now: time.Now()}
			if opt.Readers, opt.Everything, err = readers(c); err != nil {
				return err
			}
			from, err := openPushed(c, u, c.Args().First())
			if err != nil {
				return err
			}
			defer from.close()
			return push(c, u, ref, from, opt)
		},
	}
}

// pushed is what is pushed: files, what goes with them, and what to say of it.
type pushed struct {
	files    []oci.File
	manifest *flash.Manifest
	scatter  string // name of the scatter file, "" when it is among the files
	text     []byte
	identity string
	source   *input // what the files are made of; nil of a finished folder
	close    func() error
}

// openPushed opens a parts folder as it is, or a dump to be split on the way.
func openPushed(c *cli.Context, u *ui, path string) (*pushed, error) {
	if isParts(path) {
		o, err := split.Open(path)
		if err != nil {
			return nil, refused(err)
		}
		p, private := &pushed{manifest: o.Manifest, close: o.Close}, privateIn(o.Manifest)
		for i, out := range o.Outputs {
			p.files = append(p.files, oci.File{Output: out, SHA256: o.Manifest.Files[i].SHA256, Coarse: isCoarse(o.Manifest.Entries, out.Name), Private: private(out.Name)})
		}
		p.identity = "this backup carries the phone's identity (IMEI, serial numbers, keys, personal data): mind who can read the place"
		if n := sealedIn(o.Manifest); n > 0 {
			p.identity = fmt.Sprintf("%d files of it are encrypted and stay so (NAME%s); all else is read by who can read the place", n, sealedEnding)
		}
		return p, nil
	}
	d, err := openDump(c, u, path)
	if err != nil {
		return nil, err
	}
	made, err := d.Plan(plan.Wishes{})
	if err != nil {
		d.Close()
		return nil, err
	}
	p := &pushed{manifest: d.Record(made), scatter: made.ScatterName, text: made.Scatter(), source: d, close: d.Close}
	private := privateIn(p.manifest)
	for _, out := range made.Outputs() {
		p.files = append(p.files, oci.File{Output: out, Coarse: isCoarse(p.manifest.Entries, out.Name), Private: private(out.Name)})
	}
	p.identity = strings.Replace(made.Identity(), "do not share them", "mind who can read the place", 1)
	return p, nil
}

// isParts recognises what split has written, finished or not. A manifest that is a link out of
// the folder counts: opening the folder says what is wrong with it.
func isParts(path string) bool {
	f, err := disk.OpenInFolder(path, flash.ManifestName)
	if err != nil {
		return errors.As(err, new(*disk.KindError))
	}
	defer f.Close()
	m, err := flash.ReadManifest(f)
	return err == nil && m.Kind == flash.KindParts
}

// isCoarse reports whether a file holds the owner's data, which no two phones share.
func isCoarse(entries []flash.ManifestEntry, file string) bool {
	for _, e := range entries {
		if e.File == file && scatter.Canonical(e.Name) == "userdata" {
			return true
		}
	}
	return false
}

// pushDoc is the JSON document of push.
type pushDoc struct {
	Schema string `json:"schema"`
	Ref    string `json:"ref"`
	oci.Stats
	Complete bool            `json:"complete"`
	Problems []flash.Problem `json:"problems"`
}

func push(c *cli.Context, u *ui, ref oci.Ref, from *pushed, opt oci.PushOptions) error {
	repo, err := openPlace(c, u, ref, true)
	if err != nil {
		return err
	}
	defer repo.Close()
	ctx := c.Context
	up, err := repo.Create(ctx, ref.Tag, from.files, opt)
	if err != nil {
		return placeHelp(err)
	}
	written, err := up.Copy(ctx)
	if err == nil && from.source != nil {
		err = from.source.Source.Check()
	}
	if err == nil && from.source != nil {
		err = from.source.RefuseChanged(ctx, from.manifest, written)
	}
	if err == nil && from.scatter != "" {
		err = up.WriteFile(ctx, from.scatter, from.text)
	}
	var s oci.Stats
	if err == nil {
		s, err = up.Finish(ctx, from.manifest)
	}
	u.bars.clear()
	if err != nil {
		return resumable{placeHelp(err)}
	}
	if len(opt.Readers) > 0 {
		from.identity = "of the phone only its chip and board, names and sizes can be read without a key"
		if !opt.Everything {
			from.identity = "what is private is encrypted (IMEI, serial numbers, keys, personal data); all else is read by who can read the place"
		}
	}
	return reportPush(u, ref, from, s)
}

// readers are those whom --encrypt or --encrypt-private names.
func readers(c *cli.Context) (to []seal.Recipient, everything bool, err error) {
	all, err := recipients(c, "encrypt")
	if err != nil {
		return nil, false, err
	}
	private, err := recipients(c, "encrypt-private")
	if err != nil {
		return nil, false, err
	}
	if all != nil && private != nil {
		return nil, false, usage("%s: --encrypt leaves nothing for --encrypt-private to lock: one of them, please", commandName(c))
	}
	return append(all, private...), all != nil, nil
}

// reportPush says what was stored and what that cost.
func reportPush(u *ui, ref oci.Ref, from *pushed, s oci.Stats) error {
	m := from.manifest
	if u.json {
		if err := u.document(pushDoc{"mtkkit.push/1", ref.String(), s, m.Complete, m.Problems}); err != nil {
			return err
		}
	}
	u.problems(m.Problems)
	if from.identity != "" {
		u.note("%s", from.identity)
	}
	u.say("%s: %d files, %s; %s sent in %d blobs, %s was there already", ref, s.Files, flash.Size(s.Bytes), flash.Size(s.SentBytes), s.Sent, flash.Size(s.SharedBytes))
	if s.Sealed > 0 {
		u.say("encrypted: %d files, %s; they share nothing with other backups, and are sent again by every push", s.Sealed, flash.Size(s.SealedBytes))
		u.say("check:  mtkkit backup verify %s --key FILE", ref)
	} else {
		u.say("check:  mtkkit backup verify %s", ref)
	}
	if !m.Complete {
		u.say("partial: the parts folder does not hold all of the dump, and neither does the backup")
	}
	found := placeProblems(ref, s)
	u.problems(found)
	return verdict(slices.Concat(m.Problems, found))
}

// placeProblems are what a push has found in the place that was there before it.
func placeProblems(ref oci.Ref, s oci.Stats) (out []flash.Problem) {
	warn := func(format string, a ...any) {
		out = append(out, flash.Problem{Severity: flash.Warning, Place: ref.Place(), Offset: flash.NoOffset, Text: fmt.Sprintf(format, a...)})
	}
	if s.Unread > 0 {
		warn("%d other tags could not be read, so nothing is shared with them", s.Unread)
	}
	if s.Mended > 0 {
		warn("%d blobs were damaged on the disk and have been written anew: the backups that share them are whole again; is the disk failing?", s.Mended)
	}
	if n := len(s.Damaged); n > 0 {
		warn("%d blobs of other backups are damaged on the disk (%s …) and were not shared: mtkkit backup verify tells which backups they were of", n, s.Damaged[0])
	}
	return out
}

// resumable is a failure after which the same command goes on where it was.
type resumable struct{ error }

func (r resumable) Unwrap() error { return r.error }
