package split

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/mtkkit/mtkkit/flash"
)

// Files are the files of a folder that is verified: of a folder on the disk, or of one that was
// packed. Names are those of the manifest.
type Files interface {
	// Open opens a file. The error wraps fs.ErrNotExist if there is none.
	Open(name string) (Member, error)
	// Names lists the files and folders at the top of the folder.
	Names() ([]string, error)
}

// Member is an open file of a folder.
type Member interface {
	flash.Image
	io.Closer
}

// diskFiles are the files of a folder on the disk.
type diskFiles string

func (d diskFiles) Open(name string) (Member, error) { return openPart(string(d), name) }

func (d diskFiles) Names() (names []string, err error) {
	entries, err := os.ReadDir(string(d))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// CompareOverlaps compares the files of entries that overlap. Different bytes are an Error. The error
// is that of ctx.
func CompareOverlaps(ctx context.Context, m *flash.Manifest, files Files) (flash.Problems, error) {
	open := map[string]Member{}
	defer func() {
		for _, f := range open {
			f.Close()
		}
	}()
	return m.CompareOverlaps(ctx, func(e *flash.ManifestEntry) (flash.Image, error) {
		if f := open[e.File]; f != nil {
			return f, nil
		}
		f, err := files.Open(e.File)
		if err == nil {
			open[e.File] = f
		}
		return f, err
	})
}

// checkSums compares SHA256SUMS with the manifest.
func checkSums(m *flash.Manifest, files Files) (ps flash.Problems) {
	in, err := files.Open(flash.SumsName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m.CheckSums(nil)
	case err != nil:
		ps.Add(flash.Error, flash.SumsName, "%v", err)
		return ps
	}
	defer in.Close()
	return m.CheckSums(io.NewSectionReader(in, 0, in.Size()))
}
