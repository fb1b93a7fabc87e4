package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
)

func recoveryCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "recovery",
		Usage: "take a recovery or boot image apart, put it together, build one for this phone, check one",
		Subcommands: []*cli.Command{
			recoveryUnpackCommand(u), recoveryRepackCommand(u), recoveryBuildCommand(u), recoveryCheckCommand(u),
		},
	}
}

// noneIsOurs makes outFile replace nothing: images are not told apart by their start.
const noneIsOurs = "mtkkit replaces no image"

func limitFlag() cli.Flag {
	return &cli.StringFlag{Name: "ramdisk-limit", Value: "512M", Usage: "`SIZE` that all ramdisks together may unpack to"}
}

func ramdiskLimit(c *cli.Context) (int64, error) {
	n, err := flash.ParseSize(c.String("ramdisk-limit"))
	if err != nil || n <= 0 {
		return 0, usage("%s: --ramdisk-limit is a size such as 512M, not %q", commandName(c), c.String("ramdisk-limit"))
	}
	return n, nil
}

func recoveryUnpackCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "unpack",
		Usage:     "a boot, recovery, init_boot or vendor_boot image as a folder to look at and edit",
		ArgsUsage: "recovery.img",
		Description: "Modes, owners, links and devices stand in ramdisk.list beside the tree, so that nothing is lost\n" +
			"on any system and no root is needed. image.json is the header.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` to make (default: the image's name with .unpacked)"},
			limitFlag(), jsonFlag(), quietFlag(), progressFlag(),
		},
		Action: func(c *cli.Context) error {
			path, err := oneFile(c, "image")
			if err != nil {
				return err
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			return recoveryUnpack(c, u, path)
		},
	}
}

func recoveryUnpack(c *cli.Context, u *ui, path string) error {
	limit, err := ramdiskLimit(c)
	if err != nil {
		return err
	}
	img, err := source.OpenFile(path)
	if err != nil {
		return err
	}
	defer img.Close()
	un, err := recovery.Unpack(img, limit)
	if err != nil {
		return whatElse(path, "boot image", fmt.Errorf("%s: %w", path, err), nil)
	}
	dir := cmp.Or(c.String("output"), besides(path, ".unpacked"))
	if err := writeTree(dir, un.Files); err != nil {
		return err
	}
	if u.json {
		if err := u.document(struct {
			Schema   string          `json:"schema"`
			Folder   string          `json:"folder"`
			Image    recovery.Record `json:"image"`
			Problems []flash.Problem `json:"problems,omitempty"`
		}{"mtkkit.recovery-unpack/1", dir, un.Record, un.Problems}); err != nil {
			return err
		}
	}
	printRecord(u, dir, un.Record)
	u.problems(un.Problems)
	return verdict(un.Problems)
}

func printRecord(u *ui, dir string, r recovery.Record) {
	u.say("%s: %s image, header version %d, pages of %d bytes", dir, r.Kind, r.Version, r.Page)
	for _, p := range r.Parts {
		what := cmp.Or(p.File, p.Tree+"/ and "+p.List)
		if p.Compression != "" {
			what += " (" + p.Compression + ")"
		}
		if p.Section != "" {
			what += ", MediaTek header " + p.Section
		}
		if p.Label != "" {
			what += ", " + p.Label
		}
		u.say("  %-14s 0x%-8x %s", p.Name, p.Size, what)
	}
	f := r.Facts
	for _, row := range [][2]string{{"command line", f.Cmdline}, {"board", f.Board}, {"os version", strings.TrimSpace(f.OSVersion + " " + f.PatchLevel)}} {
		if row[1] != "" {
			u.say("  %-14s %s", row[0], row[1])
		}
	}
}

// writeTree makes a new folder of files, whole or not at all.
func writeTree(dir string, files []flash.Output) error {
	part := dir + disk.PartSuffix
	for _, path := range []string{dir, part} {
		if _, err := os.Lstat(path); err == nil {
			return refusal{fmt.Errorf("%s is there already", path), []string{"nothing is replaced: move it away, or choose another name with -o"}}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Mkdir(part, 0o777); err != nil {
		return err
	}
	err := fillTree(part, files)
	if err == nil {
		err = disk.Publish(disk.PublishOptions{}, disk.Pending{Part: part, Path: dir})
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return nil
}

func fillTree(dir string, files []flash.Output) error {
	root, err := os.OpenRoot(dir) // no name, whatever it is, leads out of the folder
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range files {
		if parent := filepath.Dir(filepath.FromSlash(f.Name)); parent != "." {
			if err := root.MkdirAll(parent, 0o777); err != nil {
				return err
			}
		}
		w, err := root.OpenFile(filepath.FromSlash(f.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		if _, err = io.Copy(w, io.NewSectionReader(f.Image, 0, f.Image.Size())); err == nil {
			err = w.Sync()
		}
		if err := errors.Join(err, w.Close()); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return disk.SyncDir(path)
	})
}

func recoveryRepackCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "repack",
		Usage:     "the image of an unpacked folder; untouched, it is byte for byte the same",
		ArgsUsage: "FOLDER",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write (default: the image's name with .repacked.img)"},
			limitFlag(), jsonFlag(), quietFlag(), progressFlag(),
		},
		Action: func(c *cli.Context) error {
			path, err := oneFile(c, "folder")
			if err != nil {
				return err
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			return recoveryRepack(c, u, path)
		},
	}
}

const unpackHint = "mtkkit recovery unpack makes such a folder"

func recoveryRepack(c *cli.Context, u *ui, dir string) error {
	limit, err := ramdiskLimit(c)
	if err != nil {
		return err
	}
	folder, err := os.OpenRoot(dir) // a folder from a stranger may hold links
	if err != nil {
		return hinted{err, []string{unpackHint}}
	}
	defer folder.Close()
	original := filepath.Join(dir, recovery.OriginalName)
	img, err := source.OpenFileIn(folder, recovery.OriginalName)
	if err != nil {
		return hinted{err, []string{unpackHint}}
	}
	defer img.Close()
	out, err := recovery.Repack(disk.Inside{Root: folder}, img, limit)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	name := cmp.Or(c.String("output"), strings.TrimSuffix(filepath.Clean(dir), ".unpacked")+".repacked.img")
	if err := writeImage(name, out.Image, original); err != nil {
		return err
	}
	if u.json {
		if err := u.document(struct {
			Schema   string          `json:"schema"`
			File     string          `json:"file"`
			Length   int64           `json:"length"`
			Changed  []string        `json:"changed"`
			Problems []flash.Problem `json:"problems,omitempty"`
		}{"mtkkit.recovery-repack/1", name, out.Image.Size(), append([]string{}, out.Changed...), out.Problems}); err != nil {
			return err
		}
	}
	for _, ch := range out.Changed {
		u.say("changed: %s", ch)
	}
	if len(out.Changed) == 0 {
		u.say("%s: 0x%x bytes, the same as %s", name, out.Image.Size(), recovery.OriginalName)
	} else {
		u.say("%s: 0x%x bytes", name, out.Image.Size())
	}
	u.problems(out.Problems)
	return verdict(out.Problems)
}

// writeImage writes an image to a new file and reads it back.
func writeImage(name string, img flash.Image, inputs ...string) error {
	file := outFile{path: name, inputs: inputs, ours: noneIsOurs}
	if err := file.refuse(); err != nil {
		return err
	}
	if err := file.write(func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(img, 0, img.Size()))
		return err
	}); err != nil {
		return err
	}
	if err := readBack(name, img); err != nil {
		return errors.Join(err, os.Remove(name)) // it is not what it is called
	}
	return nil
}

func readBack(name string, img flash.Image) error {
	back, err := source.OpenFile(name)
	if err != nil {
		return err
	}
	defer back.Close()
	return sameImage(name, back, img)
}

// sameImage compares what was written with what should have been.
func sameImage(name string, a, b flash.Image) error {
	if a.Size() != b.Size() {
		return fmt.Errorf("%s: 0x%x bytes were written, 0x%x are there", name, b.Size(), a.Size())
	}
	at, err := flash.FirstDifference(context.Background(), a, b)
	if err != nil {
		return fmt.Errorf("%s: reading back: %w", name, err)
	}
	if at >= 0 {
		return fmt.Errorf("%s: at 0x%x other bytes came back than were written", name, at)
	}
	return nil
}
