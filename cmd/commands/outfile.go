package commands

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// writeFile writes the single output file of a command. opt.Inputs may have empty names and folders;
// folders are ignored, because a file may be written into a folder that is read.
func writeFile(path string, opt split.FileOptions, fill func(io.Writer) error) error {
	opt.Inputs = slices.DeleteFunc(nonEmpty(opt.Inputs), words.IsFolder)
	return refusedFile(split.WriteFile(path, opt, fill))
}

// writeBytes is writeFile for bytes in memory.
func writeBytes(path string, b []byte, opt split.FileOptions) error {
	return writeFile(path, opt, func(w io.Writer) error { _, err := w.Write(b); return err })
}

// refusedFile adds hints to a refusal to write a single file.
func refusedFile(err error) error {
	no := flash.AsRefusal(err)
	switch {
	case no == nil:
		return err
	case no.Reason == flash.ReasonOurs:
		return words.Refuse(fmt.Errorf("%s exists", no.Path), "use --force to replace it, or choose another name")
	case no.Reason == flash.ReasonExists && strings.HasSuffix(no.Path, disk.PartSuffix):
		return words.Refuse(fmt.Errorf("%s is in the way", no.Path), "it may be left from an interrupted run: if so, remove it")
	case no.Reason == flash.ReasonExists:
		return words.Refuse(fmt.Errorf("%s exists and was not written by this command", no.Path), "move it away, or choose another name")
	case no.Reason == flash.ReasonInput:
		return words.Refuse(fmt.Errorf("%s %s", no.Path, no.Text), "choose another name")
	}
	return words.Refused(err)
}

// forceFolder is the help of --force for commands that write a folder.
const forceFolder = "replace what an earlier run wrote to the folder, if nobody changed it; it stays until the new files are whole"

// putFolder writes outputs and their manifest into a folder that mtkkit verify can check.
func putFolder(ctx context.Context, dir string, force bool, inputs []string, outputs []flash.Output, m *flash.Manifest) error {
	return words.Refused(split.WriteFolder(ctx, dir, outputs, m, split.Options{Force: force, Inputs: nonEmpty(inputs)}))
}
