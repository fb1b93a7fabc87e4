package backup

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// zipped makes a zip archive of outputs.
func zipped(t *testing.T, outs []flash.Output, opt Options) ([]byte, []Result) {
	t.Helper()
	var b bytes.Buffer
	opt.Created = created
	var w Packer
	w, err := NewZipWriter(&b, opt)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Copy(context.Background(), outs)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), r
}

func TestZip(t *testing.T) {
	files := sample()
	for _, opt := range []Options{{}, {Level: 6, Workers: 1}, {Workers: 5}} {
		b, results := zipped(t, outputs(files), opt)
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		if len(z.File) != len(files) {
			t.Errorf("%d members", len(z.File))
		}
		for i, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, files[f.Name]) {
				t.Errorf("%s: %d bytes of %d, %v", f.Name, len(got), len(files[f.Name]), err)
			}
			if results[i].Name != f.Name || results[i].Size != int64(len(got)) {
				t.Errorf("%+v", results[i])
			}
		}
		if f := z.File[7]; f.Name != "h_zeros.img" || f.CompressedSize64 > 20<<10 {
			t.Errorf("%s takes %d bytes", f.Name, f.CompressedSize64)
		}
	}
}

func TestZipOmitsZero(t *testing.T) {
	b, r := zipped(t, []flash.Output{
		{Name: "gap", Image: bytes.NewReader(make([]byte, 70000)), OmitZero: true},
		{Name: "zero", Image: bytes.NewReader(make([]byte, 70000))},
	}, Options{})
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "zero" || !r[0].Omitted || r[1].Omitted {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestZipFails(t *testing.T) {
	img := bytes.NewReader(noise("z", 20*mib))
	for _, c := range []struct {
		out  io.Writer
		img  flash.Image
		want error
	}{
		{&limited{n: 9 * mib}, img, errFull},
		{io.Discard, failing{img, 15 * mib}, errBroken},
	} {
		w, err := NewZipWriter(c.out, Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Copy(t.Context(), []flash.Output{{Name: "x", Image: c.img}})
		if err == nil {
			err = w.Finish()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
		if w.Finish() == nil {
			t.Error("finished all the same")
		}
	}
}

// TestZipByOthers lets Info-ZIP and 7-Zip test an archive with a member of more than
// 4 GiB.
func TestZipByOthers(t *testing.T) {
	outs := outputs(sample())
	if os.Getenv("MTKKIT_LARGE") != "" { // takes minutes on a small machine
		big := imgtest.NewSparse(4<<30 + 5)
		big.Put(1<<30, []byte("here"))
		outs = append(outs, flash.Output{Name: "z_big.img", Image: big})
	}
	b, _ := zipped(t, outs, Options{})
	path := filepath.Join(t.TempDir(), "phone.zip")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][]string{{"unzip", "-tq", path}, {"7z", "t", path}} {
		t.Run(c[0], func(t *testing.T) {
			tool(t, c[0])
			if out := ask(t, c[0], c[1:]...); !strings.Contains(out, "No errors") && !strings.Contains(out, "Everything is Ok") {
				t.Errorf("%s", out)
			}
		})
	}
}
