package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

func backupCreateCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "pack a dump or a parts folder into one archive",
		ArgsUsage: "ROM_1 | FOLDER",
		Description: "Writes ROM_1.tar.zst: an image for every partition, the scatter file, the blocks map, manifest.json\n" +
			"and SHA256SUMS. A parts folder is packed as it is, and compared with its hashes.",
		Flags: slices.Concat([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write (default: the dump's name with .tar.zst)"},
			&cli.IntFlag{Name: "level", Value: 1, Usage: "compression, `1-19`: 1 is fast, 3 smaller, 7 and 19 slow"},
			&cli.StringSliceFlag{Name: "only", Usage: "only partitions that match these `PATTERNS`, as in 'boot,recovery,nv*'"},
			&cli.StringSliceFlag{Name: "skip", Usage: "leave out partitions that match these `PATTERNS`"},
			&cli.StringFlag{Name: "slot", Usage: "on a phone with two of each: only `SLOT` a or b"},
			&cli.StringFlag{Name: "userdata", Value: "full", Usage: "`HOW` much of userdata: full, head (its first 4 and last 1 MiB) or skip"},
			&cli.StringFlag{Name: "names", Value: "flash", Usage: "`HOW` files are named: flash (as flash tools want them) or table (after partitions)"},
			&cli.BoolFlag{Name: "identity", Usage: "only what makes the phone this phone: IMEI, calibration, serial numbers, keys, locks"},
			&cli.BoolFlag{Name: "plain", Usage: "with --identity: anybody may read it, for it is not encrypted"},
			&cli.BoolFlag{Name: "zip", Usage: "a zip archive, for Windows; larger, without holes, and read by unpacking it"},
			&cli.StringFlag{Name: "split-size", Usage: "in volumes of `SIZE` at most, as in 4000M for FAT32: FILE.001, FILE.002 …"},
			parityFlag(),
			&cli.BoolFlag{Name: "share", Usage: "only what every phone of the model has: no IMEI, no keys, no data of the owner, and no hash of them"},
			ownerKeyFlag("with --share: the key in `FILE`, made if need be, tells you later which phone it is of, and nobody else"),
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "replace an archive that mtkkit wrote"},
		}, sealFlags(), dumpFlags()),
		Action: func(c *cli.Context) error {
			path, err := oneFile(c, "dump or parts folder")
			if err != nil {
				return err
			}
			if l := c.Int("level"); l < 1 || l > 19 {
				return usage("mtkkit backup create: --level is 1 to 19, not %d", l)
			}
			if err := checkParityFlag(c); err != nil {
				return err
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			j, err := newBackupJob(c, u, path)
			if err != nil {
				return err
			}
			defer j.Close()
			if err := refuseStale(c, j.out); err != nil {
				return err
			}
			done := j.run(c.Context)
			if done != nil && !errors.Is(done, errProblems) {
				return done
			}
			if err := makeParity(c, u, j.out); err != nil {
				return err
			}
			return done
		},
	}
}

// backupJob is one archive in the making: what goes into it, and what is said of it.
type backupJob struct {
	u       *ui
	path    string // what is packed, as it was given
	out     string
	first   []flash.Output // small files that a reader of a cut archive needs
	outputs []flash.Output
	last    []flash.Output
	record  *flash.Manifest
	sums    map[string]string // of the outputs, where they are known beforehand
	notes   []string
	file    split.FileOptions
	opt     backup.Options
	zip     bool
	volume  int64 // largest file, bytes; 0: one file
	share   bool  // only what is not private
	to      []seal.Recipient
	phrase  bool             // that of a passphrase
	private []seal.Recipient // who may read what is private, when all else is plain
	source  *input           // what the outputs are made of; nil of a finished folder
	closers []io.Closer
}

// target is what the archive is written to.
type target interface {
	io.Writer
	Finish() error
	Abandon() error
}

func (j *backupJob) Close() error {
	var errs []error
	for _, c := range j.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// newBackupJob gathers what is packed; nothing is written yet.
func newBackupJob(c *cli.Context, u *ui, path string) (*backupJob, error) {
	j := &backupJob{u: u, path: path, out: c.String("output"), opt: backup.Options{Level: c.Int("level"), Created: time.Now(), Progress: u.bars.event}}
	j.zip, j.share, j.phrase = c.Bool("zip"), c.Bool("share"), slices.Contains(c.StringSlice("encrypt"), seal.Passphrase)
	var err error
	if j.to, err = recipients(c, "encrypt"); err != nil {
		return nil, err
	}
	if j.private, err = recipients(c, "encrypt-private"); err != nil {
		return nil, err
	}
	if j.private != nil && (j.to != nil || j.share) {
		return nil, usage("%s: --encrypt-private goes with neither --encrypt nor --share, which leave nothing private in the clear", commandName(c))
	}
	if j.out == "" {
		j.out = besides(path, j.ending())
	}
	if err := parity.Clear(j.out); err != nil { // what a run that was killed left, whatever this one makes
		return nil, err
	}
	j.file = split.FileOptions{Inputs: inputs(c, path)}
	if s := c.String("split-size"); s != "" {
		n, err := flash.ParseSize(s)
		if err != nil || n < smallestVolume {
			return nil, usage("%s: --split-size is a size of %s or more, as in 4000M, not %q", commandName(c), flash.Size(smallestVolume), s)
		}
		j.volume = n
	}
	if c.IsSet("owner-key") && !j.share {
		return nil, usage("%s: --owner-key goes with --share; any other archive says which phone it is of", commandName(c))
	}
	if c.Bool("identity") && j.share {
		return nil, usage("%s: --identity is all that --share leaves out: one of them, please", commandName(c))
	}
	if c.Bool("identity") && !c.Bool("plain") && len(j.to)+len(j.private) == 0 {
		return nil, refusal{errors.New("who has this archive can pass for this phone (IMEI, keys), and it would not be encrypted"),
			[]string{"--encrypt RECIPIENT, or --encrypt passphrase, keeps it to those you choose", "--plain makes it all the same: keep it where nobody else reads"}}
	}
	if c.Bool("force") {
		j.file.Replace = isBackup
		if len(j.to) > 0 {
			j.file.Replace = isSealed
		}
	}
	err = j.gather(c, path)
	if err != nil {
		j.Close()
		return nil, err
	}
	for _, o := range j.outputs {
		j.opt.Total += o.Image.Size()
	}
	j.record.Kind, j.record.Tool, j.record.Created = flash.KindArchive, "mtkkit "+version(), j.opt.Created.UTC().Format(time.RFC3339)
	return j, nil
}

// ending is what the archive's name ends with.
func (j *backupJob) ending() string {
	e := ".tar.zst"
	if j.zip {
		e = ".zip"
	}
	if j.share {
		e = ".share" + e
	}
	if len(j.to) > 0 {
		e += ".age"
	}
	return e
}

// smallestVolume is the least size of volumes that anybody can mean, bytes.
const smallestVolume = 1 << 20

// isBackup recognises an archive of ours.
func isBackup(path string) bool {
	f, err := disk.OpenPlain(path)
	if err != nil {
		return false
	}
	defer f.Close()
	st, err := f.Stat()
	return err == nil && backup.Sniff(io.NewSectionReader(f, 0, st.Size()))
}

func (j *backupJob) run(ctx context.Context) error {
	f, err := j.create()
	if err != nil {
		return j.refused(err)
	}
	if j.private != nil {
		if err := j.sealPrivate(ctx, j.private); err != nil {
			return errors.Join(err, f.Abandon())
		}
	}
	if len(j.to) > 0 {
		sealed, err := newSealedTarget(f, j.to)
		if err != nil {
			return errors.Join(err, f.Abandon())
		}
		f = sealed
	}
	packed, err := j.pack(ctx, f)
	if err != nil {
		return errors.Join(err, f.Abandon())
	}
	if err := f.Finish(); err != nil {
		return err
	}
	j.u.bars.clear()
	if s, ok := f.(*sealedTarget); ok {
		f = s.target
	}
	if v, ok := f.(*split.Volumes); ok {
		return j.report(packed, v.Names())
	}
	return j.report(packed, []string{j.out})
}

// refused says of an archive that is there already how it is replaced.
func (j *backupJob) refused(err error) error {
	var r refusal
	if err = refused(err); errors.As(err, &r) && j.file.Replace == nil && j.volume == 0 && (isBackup(j.out) || isSealed(j.out) && len(j.to) > 0) {
		r.hints = []string{"choose another name with -o; --force replaces it, for it is an archive"}
		return r
	}
	return err
}

// create begins the file, or the volumes. An archive takes no more than what is packed,
// and a little.
func (j *backupJob) create() (target, error) {
	if j.volume == 0 {
		return split.CreateFile(j.out, j.file)
	}
	j.file.Room = j.opt.Total + j.opt.Total/256 + 1<<20
	return split.CreateVolumes(j.out, j.volume, j.file)
}

// packer begins an archive of the kind that was asked for.
func (j *backupJob) packer(to io.Writer) (backup.Packer, error) {
	if j.zip {
		return backup.NewZipWriter(to, j.opt)
	}
	return backup.NewWriter(to, j.opt)
}

// pack writes the archive: what describes it last, as it names the hashes of the rest.
func (j *backupJob) pack(ctx context.Context, to io.Writer) (packed []backup.Result, err error) {
	w, err := j.packer(to)
	if err != nil {
		return nil, err
	}
	var written []flash.Written
	add := func(outputs ...flash.Output) error {
		results, err := w.Copy(ctx, outputs)
		if err != nil {
			return err
		}
		packed = append(packed, results...)
		for _, r := range results {
			if want := j.sums[r.Name]; want != "" && want != r.SHA256 {
				return &dump.ChangedError{Text: dump.ChangedText(r.Name, r.SHA256, want), Folder: j.path}
			}
			written = append(written, flash.Written{ManifestFile: flash.ManifestFile{Name: r.Name, Size: r.Size, SHA256: r.SHA256}, Omitted: r.Omitted})
		}
		return nil
	}
	for _, list := range [][]flash.Output{j.first, j.outputs, j.last} {
		if err := add(list...); err != nil {
			return nil, err
		}
	}
	if j.source != nil {
		if err := j.source.Source.Check(); err != nil {
			return nil, err
		}
		if err := j.source.RefuseChanged(ctx, j.record, written); err != nil {
			return nil, err
		}
	}
	j.record.Fill(written)
	b, err := j.record.Encode()
	if err != nil {
		return nil, err
	}
	err = add(flash.Output{Name: flash.SumsName, Image: bytes.NewReader(flash.EncodeSums(j.record.Files))},
		flash.Output{Name: flash.ManifestName, Image: bytes.NewReader(b)})
	if err != nil {
		return nil, err
	}
	return packed, w.Finish()
}

// report says what was packed.
func (j *backupJob) report(packed []backup.Result, files []string) error {
	var taken int64
	for _, f := range files {
		st, err := os.Stat(f)
		if err != nil {
			return err
		}
		taken += st.Size()
	}
	if j.u.json {
		if err := j.u.document(j.record); err != nil {
			return err
		}
	}
	var size, data int64
	images := 0
	for _, r := range packed {
		if !r.Omitted {
			images++
			size, data = size+r.Size, data+r.DataBytes
		}
	}
	j.u.problems(j.record.Problems)
	for _, n := range j.notes {
		j.u.note("%s", n)
	}
	if len(files) > 1 {
		j.u.note("%d volumes: %s to %s", len(files), files[0], files[len(files)-1])
	}
	j.u.say("%s: %s, of %d files with %s (%s of data)", j.out, flash.Size(taken), images, flash.Size(size), flash.Size(data))
	if !j.record.Complete {
		j.u.say("partial: what was not asked for, or is not in the dump, is not in there")
	}
	switch name := quoted(files[0]); {
	case j.zip && len(j.to) > 0:
		j.u.say("check:  age -d %s > phone.zip && unzip -t phone.zip", name)
	case len(j.to) > 0 && !j.phrase:
		j.u.say("check:  mtkkit backup verify %s --key FILE", name)
	default:
		j.u.say("check:  mtkkit backup verify %s", name)
	}
	return verdict(j.record.Problems)
}
