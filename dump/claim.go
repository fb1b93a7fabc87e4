package dump

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// ScatterName matches the file name that flash tools require, MT6592_Android_scatter.txt. Its first
// group is the chip.
var ScatterName = regexp.MustCompile(`^(?i)(mt[0-9]{4}[a-z0-9]{0,3})_android_scatter`)

// TableError reports a file that was given as a table of partitions and has no readable one.
type TableError struct {
	Path string
	Is   *whatis.Thing // what the file is instead; nil if unknown
	Err  error         // wraps flash.ErrNotThis if the file has another format
}

func (e *TableError) Error() string {
	if e.Is != nil {
		return fmt.Sprintf("%s: is no scatter file and no list of partitions, but %s", e.Path, e.Is)
	}
	if errors.Is(e.Err, flash.ErrNotThis) {
		return e.Path + ": neither a scatter file nor a list of partitions of a known kind"
	}
	return e.Path + ": " + e.Err.Error()
}

func (e *TableError) Unwrap() error { return e.Err }

// ReadTable reads a table from outside the dump, for the flash type of src: the file at path, or
// with "" the table file in the folder or archive of src. It returns nil if there is none.
func ReadTable(path string, src *source.Source) (*layout.Claim, error) {
	path, img, done, err := openTable(path, src)
	if img == nil || err != nil {
		return nil, err
	}
	defer done()
	return claimIn(path, img, src.Storage)
}

// openTable opens the file for ReadTable. Img is nil if there is none.
func openTable(path string, src *source.Source) (name string, img flash.Image, done func() error, err error) {
	if path == "" {
		return src.Scatter, src.ScatterText, func() error { return nil }, nil
	}
	f, err := source.OpenFile(path)
	if err != nil {
		return path, nil, nil, err
	}
	return path, f, f.Close, nil
}

// claimIn reads a table in any format, for a flash type.
func claimIn(path string, img flash.Image, storage flash.Storage) (*layout.Claim, error) {
	claim := &layout.Claim{Name: filepath.Base(path)}
	if kind := capture.Sniff(img); kind != "" && !scatter.Sniff(img) {
		got, err := capture.Read(img)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		claim.Kind, claim.Others, claim.Table = got.Kind, got.Others, func(int64) *flash.Table { return got.Table }
		return claim, nil
	}
	f, err := scatter.Read(img)
	if err != nil {
		bad := &TableError{Path: path, Err: err}
		if t := KindOf(path); errors.Is(err, flash.ErrNotThis) && t != nil && !Formless(t.Kind) {
			bad.Is = t
		}
		return nil, bad
	}
	if slices.Contains(f.Storages(), storage) { // one file may describe two flash types
		f = f.Select(storage)
	}
	claim.Kind, claim.Platform, claim.Project, claim.Table = "scatter", f.Info.Platform, f.Info.Project, f.Table
	if m := ScatterName.FindStringSubmatch(claim.Name); m != nil && claim.Platform == "" {
		claim.Platform = flash.KnownChip(strings.ToUpper(m[1])) // old dialects name the chip only there
	}
	return claim, nil
}
