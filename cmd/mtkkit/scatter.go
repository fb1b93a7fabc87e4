package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/whatis"
)

func scatterCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "scatter",
		Usage: "make scatter files, convert, check and compare them",
		Subcommands: []*cli.Command{
			scatterCreateCommand(u), scatterConvertCommand(u), scatterCheckCommand(u), scatterDiffCommand(u),
		},
	}
}

func storageFlag() cli.Flag {
	return &cli.StringFlag{Name: "storage", Usage: "`KIND` of flash, emmc, ufs or nand: which table of a file with several"}
}

func deviceSizeFlag() cli.Flag {
	return &cli.StringFlag{Name: "device-size", Usage: "`BYTES` of the user area, as in 0x1D2000000 or 58G, where no table states it"}
}

func deviceSize(c *cli.Context) (int64, error) {
	s := c.String("device-size")
	if s == "" {
		return 0, nil
	}
	n, err := flash.ParseSize(s)
	if err != nil || n == 0 {
		return 0, usage("mtkkit scatter: --device-size takes a number of bytes (0x1D2000000, 58G), not %q", s)
	}
	return n, nil
}

// chosenStorage reads --storage, "" when it was not given.
func chosenStorage(c *cli.Context) (flash.Storage, error) {
	switch s := strings.ToUpper(c.String("storage")); s {
	case "", "EMMC", "UFS", "NAND":
		return flash.Storage(s), nil
	}
	return "", usage("mtkkit scatter: --storage is emmc, ufs or nand, not %q", c.String("storage"))
}

// openTable reads a scatter file and chooses the table --storage names.
func openTable(c *cli.Context, path string) (*scatter.File, error) {
	storage, err := chosenStorage(c)
	if err != nil {
		return nil, err
	}
	f, err := openScatter(path)
	if err != nil {
		return nil, err
	}
	if storage == "" {
		return f, nil
	}
	if f.Select(storage) == nil {
		return nil, usage("mtkkit scatter: %s has no table for %s; it has %v", path, storage, f.Storages())
	}
	return f.Select(storage), nil
}

// openScatter reads a scatter file by its name.
func openScatter(path string) (*scatter.File, error) {
	file, err := disk.OpenPlain(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return nil, err
	}
	img := io.NewSectionReader(file, 0, st.Size())
	f, err := scatter.Read(img)
	if kind := capture.Sniff(img); kind != "" && errors.Is(err, flash.ErrNotThis) {
		return nil, hinted{hidden{err, fmt.Sprintf("%s: is no scatter file, but a list of partitions (%s)", path, kind)}, besideDump(path)}
	}
	if errors.Is(err, flash.ErrNotThis) {
		err = hinted{fmt.Errorf("%s: %w", path, err), []string{"a scatter file is a text file such as MT6592_Android_scatter.txt"}}
		return nil, whatElse(path, "scatter file", err, map[whatis.Kind]string{whatis.PartTable: "to make one of a dump: mtkkit scatter create %s -o FILE.xml"})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// writeText puts a text that a command made where the user wants it: on standard
// output, or in a file that is not overwritten. lists are other texts of the same content,
// by which the command's own output is known again.
func writeText(u *ui, path string, inputs []string, force bool, text []byte, lists [][]byte) error {
	if path == "" || path == "-" {
		_, err := u.out.Write(text)
		return err
	}
	out := outFile{path: path, inputs: inputs, force: force, ours: "written by mtkkit", known: knownText(text, lists, inputs)}
	if err := out.refuse(); err != nil {
		return err
	}
	return out.write(func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// knownText tells texts that bear no word of who wrote them, and lose nothing when they
// are replaced: what is to be written, other dialects of it, and copies of an input.
func knownText(text []byte, lists [][]byte, inputs []string) func([]byte) bool {
	return func(old []byte) bool {
		same := func(b []byte) bool { return bytes.Equal(old, b) }
		if same(text) || slices.ContainsFunc(lists, same) {
			return true
		}
		return slices.ContainsFunc(inputs, func(in string) bool {
			st, err := os.Stat(in)
			if err != nil || !st.Mode().IsRegular() || st.Size() != int64(len(old)) {
				return false
			}
			b, err := os.ReadFile(in)
			return err == nil && same(b)
		})
	}
}

// one reads the single file argument and sets the voice.
func oneOld(c *cli.Context, u *ui, what string) (string, error) {
	path, err := oneFile(c, what)
	if err != nil {
		return "", err
	}
	return path, u.speakOld(c)
}

func dialectFlag(usageText, value string) cli.Flag {
	return &cli.StringFlag{Name: "dialect", Usage: usageText, Value: value}
}

// parseDialect reads a dialect's name from the command line.
func parseDialect(s string) (scatter.Dialect, error) {
	if s == "" {
		return "", nil
	}
	d, err := scatter.ParseDialect(s)
	if err != nil {
		return "", usage("mtkkit %s", strings.TrimPrefix(err.Error(), "scatter: "))
	}
	return d, nil
}

// scatterName is the name SP Flash Tool insists on.
func scatterName(platform string, d scatter.Dialect) string {
	name := scatter.FileName(platform)
	if d == scatter.XML {
		name = strings.TrimSuffix(name, ".txt") + ".xml"
	}
	return name
}

// chosenFile tells an output that names a scatter file from one that names a folder.
func chosenFile(output string) bool {
	if st, err := os.Stat(output); err == nil {
		return !st.IsDir()
	}
	switch strings.ToLower(filepath.Ext(output)) {
	case ".txt", ".xml":
		return !strings.HasSuffix(output, "/") && !strings.HasSuffix(output, string(filepath.Separator))
	}
	return false
}

func inFolder(dir, name string) (string, error) {
	dir = cmp.Or(dir, ".")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	return filepath.Join(dir, name), nil
}
