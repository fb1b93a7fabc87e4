package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

func verifyCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "one verdict on a parts folder or a dump",
		ArgsUsage: "ROM_1.parts | ROM_1",
		Flags:     dumpFlags(),
		Action: func(c *cli.Context) error {
			path, err := oneFile(c, "parts folder or dump")
			if err != nil {
				return err
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			st, err := os.Stat(path)
			if err != nil {
				return err
			}
			if st.IsDir() {
				return verifyFolder(c, u, path)
			}
			return verifyDump(c, u, path)
		},
	}
}

// verdictDoc is the JSON document of verify.
type verdictDoc struct {
	Schema   string          `json:"schema"`
	Path     string          `json:"path"`
	Verdict  string          `json:"verdict"` // "complete", "changed", "partial", "unproven", "damaged", "broken"
	Boot     []avb.Finding   `json:"verified_boot,omitempty"`
	Problems []flash.Problem `json:"problems"`

	bootWords string
}

func (v verdictDoc) say(u *ui, sentence string) error {
	u.bars.clear()
	if u.json {
		if err := u.document(v); err != nil {
			return err
		}
	}
	u.problems(v.Problems)
	if v.bootWords != "" {
		u.say("%s", v.bootWords)
	}
	u.say("%s: %s", v.Path, sentence)
	return nil
}

// verifyFolder proves a parts folder by the hashes in its manifest.
func verifyFolder(c *cli.Context, u *ui, dir string) error {
	r, err := split.Verify(c.Context, dir, split.VerifyOptions{Progress: u.bars.event})
	if errors.Is(err, split.ErrNoFolder) && isUnfinishedDump(dir) {
		return verifyDump(c, u, dir)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if err := addHoles(c, u, dir, r); err != nil {
		return err
	}
	v := verdictDoc{Schema: "mtkkit.verify/1", Path: filepath.Clean(dir), Problems: r.Problems}
	switch {
	case !r.OK:
		v.Verdict = "broken"
		if err := v.say(u, "BROKEN: not what the manifest says"); err != nil {
			return err
		}
		return fmt.Errorf("%s: the verification does not hold", dir)
	case r.Partial:
		v.Verdict = "partial"
		sentence := fmt.Sprintf("partial: %d files are as the manifest says, but they are not all of the dump", r.Files)
		if mayBeMixed(r.Manifest) {
			sentence = fmt.Sprintf("partial: %d files are as the manifest says, but they may be of two phones", r.Files)
		}
		if err := v.say(u, sentence); err != nil {
			return err
		}
		return errProblems
	}
	if r.Unproven > 0 {
		v.Verdict = "unproven"
		if err := v.say(u, fmt.Sprintf("all %d files have their sizes, but %d have no hash: nothing proves that they are unchanged", r.Files, r.Unproven)); err != nil {
			return err
		}
		return errProblems
	}
	v.Verdict = "complete"
	sentence := fmt.Sprintf("complete and unchanged: %d files, %s", r.Files, flash.Size(r.Bytes))
	if r.Damaged {
		v.Verdict, sentence = "damaged", fmt.Sprintf("unchanged: %d files, %s; but what they were made of was not sound, see above", r.Files, flash.Size(r.Bytes))
	}
	if changed, err := v.checkFolderBoot(c, u, r); err != nil {
		return err
	} else if changed {
		v.Verdict, sentence = "changed", sentence+"; but verified boot does not know all of it, see above"
	}
	if err := v.say(u, sentence); err != nil {
		return err
	}
	return verdict(v.Problems)
}

// broken is the verdict on what is not what its own books say.
func (v verdictDoc) broken(u *ui, found []flash.Problem) error {
	v.Verdict, v.Problems = "broken", append(v.Problems, found...)
	if err := v.say(u, "BROKEN: not what was read from the phone"); err != nil {
		return err
	}
	return fmt.Errorf("%s: the verification does not hold", v.Path)
}

// checkFolderBoot does for a folder with a whole dump what checkBoot does for a dump.
func (v *verdictDoc) checkFolderBoot(c *cli.Context, u *ui, r *split.Report) (changed bool, err error) {
	if r.Manifest == nil || r.Manifest.Kind != flash.KindParts && r.Manifest.Kind != flash.KindDump {
		return false, nil
	}
	d, err := openDump(c, u, v.Path)
	if errors.Is(err, layout.ErrNoTable) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer d.Close()
	return v.checkBoot(c, u, d)
}

// isUnfinishedDump reports whether a folder is a dump that is still to be read on.
func isUnfinishedDump(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, flash.ManifestName+".part"))
	return err == nil
}

// addHoles names what the dump lacks, by the partitions it has.
func addHoles(c *cli.Context, u *ui, dir string, r *split.Report) error {
	if r.Manifest == nil || len(r.Manifest.Lacking()) == 0 {
		return nil
	}
	d, err := openDump(c, u, dir)
	if errors.Is(err, layout.ErrNoTable) {
		r.Problems = append(r.Problems, dump.Unread(r.Manifest)...)
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	lacking := r.Manifest.Lacking()
	r.Problems = slices.DeleteFunc(r.Problems, func(p flash.Problem) bool { return slices.Contains(lacking, p) })
	for _, p := range d.Layout.Problems {
		if p.Severity == flash.Error {
			r.Problems = slices.DeleteFunc(r.Problems, func(q flash.Problem) bool { return q.Text == p.Text }) // as it was said when the folder was made
			r.Problems = append(r.Problems, p)
		}
	}
	return nil
}

// verifyDump judges a dump by its own tables: nothing else can be known of it.
func verifyDump(c *cli.Context, u *ui, path string) error {
	d, err := openDump(c, u, path)
	if err != nil {
		return err
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return err
	}
	v := verdictDoc{Schema: "mtkkit.verify/1", Path: path, Problems: p.Problems, Verdict: "complete"}
	sentence := "sound: its tables hold and nothing they speak of is missing"
	if d.Layout.DeviceSize == 0 {
		sentence = "sound as far as can be known: nothing its table speaks of is missing, but the table does not state the device's size"
	}
	if flash.Worst(v.Problems) > flash.Note {
		v.Verdict, sentence = "damaged", "damaged or incomplete, see above"
	}
	if d.Source.Unfinished {
		changed, err := d.Proven(c.Context)
		if err != nil {
			return err
		}
		if sentence = "unfinished, see above"; len(changed) > 0 {
			return v.broken(u, changed)
		}
	}
	if changed, err := v.checkBoot(c, u, d); err != nil {
		return err
	} else if changed && v.Verdict == "complete" {
		v.Verdict, sentence = "changed", sentence+"; but verified boot does not know all of it, see above"
	}
	if err := v.say(u, sentence); err != nil {
		return err
	}
	printMissing(u, d.Layout.Missing)
	return verdict(v.Problems)
}
