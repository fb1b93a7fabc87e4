package flashtest

import (
	"os"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// File opens a file, for instance one that another tool made, until the test ends.
func File(t testing.TB, name string) flash.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return file{f, st.Size()}
}

type file struct {
	*os.File
	size int64
}

func (f file) Size() int64 { return f.size }
