package oci

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/flash"
)

// documentsRead are the documents of a backup, to be changed.
type documentsRead struct {
	index    *index
	manifest *flash.Manifest
	sums     []byte
	image    *loaded
}

func (d *documentsRead) file(name string) *indexFile {
	return &d.index.Files[slices.IndexFunc(d.index.Files, func(f indexFile) bool { return f.Name == name })]
}

// retell changes what the documents of a backup say and stores them under its tag again, with
// digests and sizes that are right.
func retell(t *testing.T, repo *Repo, tag string, change func(*documentsRead)) {
	t.Helper()
	ctx := t.Context()
	l, err := repo.load(ctx, tag)
	check(t, err)
	read := func(mediaType string) []byte {
		b, err := repo.document(ctx, l, mediaType, nil)
		check(t, err)
		return b
	}
	d := &documentsRead{image: l, sums: read(MediaTypeText), manifest: new(flash.Manifest), index: new(index)}
	check(t, json.Unmarshal(read(MediaTypeIndex), d.index))
	check(t, json.Unmarshal(read(MediaTypeManifest), d.manifest))
	change(d)
	write := func(mediaType string, b []byte) {
		for i := range l.Layers {
			if l.Layers[i].MediaType == mediaType {
				n, err := putBytes(ctx, repo.store, mediaType, b)
				check(t, err)
				l.Layers[i].Digest, l.Layers[i].Size = n.Digest, n.Size
			}
		}
	}
	table, err := json.Marshal(d.index)
	check(t, err)
	record, err := json.Marshal(d.manifest)
	check(t, err)
	write(MediaTypeIndex, table)
	write(MediaTypeManifest, record)
	write(MediaTypeText, d.sums)
	b, err := json.Marshal(l.Manifest)
	check(t, err)
	check(t, repo.store.setTag(ctx, tag, describe(ocispec.MediaTypeImageManifest, b), b, true))
}

// twins are files of which two have one length, in several chunks, with zeros in them and at
// their end.
func twins() []File {
	data := func(seed uint64) []byte { return bytes.Repeat(noise(seed, 64<<10), 16) }
	a := slices.Concat(data(1), make([]byte, 4<<20), data(2), make([]byte, 6<<20), data(3), make([]byte, 4<<20))
	b := slices.Concat(data(4), make([]byte, 4<<20), data(5), make([]byte, 6<<20), data(6), make([]byte, 4<<20))
	return files(map[string][]byte{"boot.img": a, "system.img": b, "nvram.bin": noise(5, 1000), "cache.img": make([]byte, 17<<20)})
}

// lies are changes of the documents that leave every digest right. Of says which file is wrong,
// "" if none is.
var lies = []struct {
	name, of, says string
	do             func(*documentsRead)
}{
	{"groups exchanged", "boot.img", "boot.img: its bytes have the sha-256", func(d *documentsRead) {
		a, b := d.file("boot.img"), d.file("system.img")
		a.Groups, b.Groups = b.Groups, a.Groups
	}},
	{"two files claim one group", "system.img", "system.img: its bytes have the sha-256", func(d *documentsRead) {
		d.file("system.img").Groups = d.file("boot.img").Groups
	}},
	{"zeros claim a group", "cache.img", "cache.img: its bytes have the sha-256", func(d *documentsRead) {
		d.file("cache.img").Groups = d.file("boot.img").Groups
	}},
	{"a file claims zeros", "boot.img", "boot.img: its bytes have the sha-256", func(d *documentsRead) {
		d.file("boot.img").Groups = d.file("cache.img").Groups
	}},
	{"a small file has another sum", "nvram.bin", "nvram.bin: its bytes have the sha-256", func(d *documentsRead) {
		d.file("nvram.bin").SHA256 = sum{5}
		for i := range d.manifest.Files {
			if f := &d.manifest.Files[i]; f.Name == "nvram.bin" {
				f.SHA256 = sum{5}.String()
			}
		}
		for i := range d.manifest.Entries {
			if e := &d.manifest.Entries[i]; e.File == "nvram.bin" {
				e.SHA256 = sum{5}.String()
			}
		}
		d.sums = flash.EncodeSums(d.manifest.Files)
	}},
	{"a group is no layer", "boot.img", "which is not a layer", func(d *documentsRead) {
		blob := d.file("boot.img").Groups[0].Blob
		d.image.Layers = slices.DeleteFunc(d.image.Layers, func(l ocispec.Descriptor) bool { return l.Digest == blob })
	}},
	{"a group of another length", "boot.img", "but the layer has", func(d *documentsRead) { d.file("boot.img").Groups[0].BlobSize++ }},
	{"a layer and its group of another length", "boot.img", "boot.img: ", func(d *documentsRead) {
		g := &d.file("boot.img").Groups[0]
		g.BlobSize++
		for i := range d.image.Layers {
			if l := &d.image.Layers[i]; l.Digest == g.Blob {
				l.Size++
			}
		}
	}},
	{"a file without a sum", "boot.img", "has no SHA-256", func(d *documentsRead) { d.file("boot.img").SHA256 = sum{} }},
	{"another sum in the manifest", "boot.img", "do not agree on", func(d *documentsRead) { d.manifest.Files[0].SHA256 = sum{9}.String() }},
	{"another sum of an entry", "boot.img", "do not agree on", func(d *documentsRead) { d.manifest.Entries[0].SHA256 = sum{9}.String() }},
	{"no manifest", "boot.img", "has no layer of type", func(d *documentsRead) {
		d.image.Layers = slices.DeleteFunc(d.image.Layers, func(l ocispec.Descriptor) bool { return l.MediaType == MediaTypeManifest })
	}},
	{"no sums", "", "SHA256SUMS: has no layer", func(d *documentsRead) {
		d.image.Layers = slices.DeleteFunc(d.image.Layers, func(l ocispec.Descriptor) bool { return l.MediaType == MediaTypeText })
	}},
	{"other sums", "", "SHA256SUMS: ", func(d *documentsRead) { d.sums = bytes.ToUpper(d.sums) }},
	{"another group in an annotation", "", "says that it is the group", func(d *documentsRead) {
		d.image.Layers[len(d.image.Layers)-1].Annotations[AnnotationPlain] = sum{3}.String()
	}},
	{"another size in an annotation", "", "says that the files have 5 bytes", func(d *documentsRead) { d.image.Annotations[AnnotationSize] = "5" }},
}

// A backup whose documents lie is damaged for every reader: when it is opened, when it is
// verified, and when a file is read to its end, in a folder and in a registry. Files of which
// nothing is wrong can be read.
func TestLies(t *testing.T) {
	t.Parallel()
	places := map[string]func(*testing.T) *Repo{
		"folder": func(t *testing.T) *Repo {
			return open(t, "oci:"+filepath.Join(t.TempDir(), "backups"), Options{Write: true})
		},
		"registry": new(habits).serve,
	}
	for place, make := range places {
		for _, lie := range lies {
			t.Run(place+"/"+lie.name, func(t *testing.T) {
				repo := make(t)
				mustPush(t, repo, "a", twins(), PushOptions{Level: 1})
				retell(t, repo, "a", lie.do)
				b, err := repo.Open(t.Context(), "a")
				if err != nil { // all commands say this
					if !strings.Contains(err.Error(), lie.says) {
						t.Errorf("opened: %v", err)
					}
					return
				}
				if err := b.Verify(t.Context(), nil); err == nil || !strings.Contains(err.Error(), lie.says) {
					t.Errorf("verified: %v", err)
				}
				if lie.of == "" && len(b.Problems) != 1 {
					t.Errorf("problems %v", b.Problems)
				}
				b, err = repo.Open(t.Context(), "a")
				check(t, err)
				for _, o := range b.Outputs {
					bad := copied(t.Context(), o.Image)
					if (o.Name == lie.of) && bad == nil || bad != nil && lie.of == "" {
						t.Errorf("%s is read: %v", o.Name, bad)
					}
				}
			})
		}
	}
}

// copied reads an image as movers do: only its data, and then the check.
func copied(ctx context.Context, img flash.Image) error {
	for off := int64(0); off < img.Size(); {
		d, err := flash.NextData(img, off)
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if d.Length == 0 {
			break
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(img, d.Offset, d.Length)); err != nil {
			return err
		}
		off = d.End()
	}
	return flash.Check(img)
}

// However a file is read, the sum is right if all of it was read, and silent if not.
func TestWholeSum(t *testing.T) {
	repo := open(t, "oci:"+filepath.Join(t.TempDir(), "backups"), Options{Write: true})
	mustPush(t, repo, "a", twins(), PushOptions{Level: 1})
	right := true
	fresh := func() *image {
		b, err := repo.Open(t.Context(), "a")
		check(t, err)
		i := slices.IndexFunc(b.Outputs, func(o flash.Output) bool { return o.Name == "boot.img" })
		img := b.Outputs[i].Image.(*image)
		if !right {
			img.file.SHA256[0]++
		}
		return img
	}
	read := func(img *image, offs ...int64) (err error) {
		for _, off := range offs {
			if _, rerr := img.ReadAt(make([]byte, min(chunkSize, img.Size()-off)), off); rerr != nil && rerr != io.EOF {
				err = rerr
			}
		}
		return errors.Join(err, flash.Check(img))
	}
	const c = chunkSize
	for _, right = range []bool{true, false} {
		for name, r := range map[string]struct {
			whole bool
			do    func(*image) error
		}{
			"in order":            {true, func(m *image) error { return read(m, 0, c, 2*c, 3*c, 4*c) }},
			"data only":           {true, func(m *image) error { return copied(t.Context(), m) }},
			"the end first":       {true, func(m *image) error { return read(m, 4*c, 0, c, 2*c, 3*c, 4*c) }},
			"twice":               {true, func(m *image) error { return read(m, 0, c, 0, c, 2*c, 3*c, 3*c, 4*c) }},
			"across the chunks":   {true, func(m *image) error { return read(m, 0, c/2, c+7, 2*c+9, 3*c+c/2, 4*c) }},
			"verified":            {true, func(m *image) error { return m.verify(t.Context(), func(int64) {}) }},
			"the end only":        {false, func(m *image) error { return read(m, 4*c) }},
			"the blob in between": {true, func(m *image) error { return read(m, 0, c, 3*c, 4*c) }},
			"backwards":           {false, func(m *image) error { return read(m, 4*c, 3*c, 2*c, c, 0) }},
			"not to the end":      {false, func(m *image) error { return read(m, 0, c, 2*c) }},
		} {
			err := r.do(fresh())
			var wrong *SumError
			if found := errors.As(err, &wrong); found != (r.whole && !right) || !found && err != nil {
				t.Errorf("%s, right %v: %v", name, right, err)
			}
		}
	}
}

// A reader with the key is told of a lie about encrypted files, and of one about the files in the
// clear that others read.
func TestLiesLocked(t *testing.T) {
	to, keys, _ := person(t)
	repo := open(t, "oci:"+filepath.Join(t.TempDir(), "backups"), Options{Write: true, Keys: keys})
	fs := twins()
	fs[2].Private = true
	mustPush(t, repo, "a", fs, PushOptions{Level: 1, Readers: to})
	same(t, repo, "a", fs)
	retell(t, repo, "a", lies[0].do)
	b, err := repo.Open(t.Context(), "a")
	check(t, err)
	if err := b.Verify(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "differs from the encrypted index") {
		t.Errorf("with the key: %v", err)
	}
	b, err = open(t, repo.Store(), Options{}).Open(t.Context(), "a")
	check(t, err)
	if err := b.Verify(t.Context(), nil); err == nil || !strings.Contains(err.Error(), lies[0].says) {
		t.Errorf("without the key: %v", err)
	}
}
