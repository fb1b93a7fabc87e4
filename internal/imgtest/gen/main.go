// Command gen writes the dumps in testdata with package imgtest:
//
//	go run ./internal/imgtest/gen -o testdata
//
// The files are the same on every machine. A test fails if the files in the tree differ
// from those that gen makes.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func main() {
	dir := flag.String("o", "testdata", "folder to write to")
	flag.Parse()
	files, err := files()
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(*dir, f.name), f.data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

type file struct {
	name string
	data []byte
	what string // one line for PROVENANCE.md
}

// files returns all files of testdata, PROVENANCE.md last.
func files() ([]file, error) {
	var list []file
	for _, p := range []*imgtest.Phone{imgtest.MT6592(), imgtest.MT6765()} {
		name := strings.ToLower(p.Chip)
		rom, err := compress(p.User)
		if err != nil {
			return nil, err
		}
		list = append(list, file{name + "-ROM_1.zst", rom,
			fmt.Sprintf("user area of `%s`, %s", p.Board, flash.Size(p.User.Size()))})
		boot := file{name + "-BOOT_1", p.Boot1,
			fmt.Sprintf("boot region 1 of `%s`, %s", p.Board, flash.Size(len(p.Boot1)))}
		if len(p.Boot1) > 1<<20 {
			boot.name += ".zst"
			s := imgtest.NewSparse(int64(len(p.Boot1)))
			s.Put(0, p.Boot1)
			if boot.data, err = compress(s); err != nil {
				return nil, err
			}
		}
		list = append(list, boot)
		list = append(list, file{p.ScatterName(), []byte(p.Scatter),
			fmt.Sprintf("scatter file of `%s`", p.Board)})
	}
	return append(list, provenance(list)), nil
}

// frame is the number of image bytes in one zstd frame. Frames are independent and
// contain the size of their content, so a reader can go to any offset without reading
// all.
const frame = 4 << 20

func compress(img flash.Image) ([]byte, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return nil, err
	}
	defer enc.Close()
	var out []byte
	buf := make([]byte, frame)
	for off := int64(0); off < img.Size(); off += frame {
		n, err := img.ReadAt(buf, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		out = enc.EncodeAll(buf[:n], out)
	}
	return out, nil
}

const provenanceHead = `# Where these files come from

All of them are made by ` + "`internal/imgtest`" + ` from publicly known facts about the formats.
They hold no byte of any vendor's firmware and of no phone: names, serial numbers and
contents are invented, IMEIs are of the range for tests, and rows that are private on a
phone say that they are samples.

To remake them:

    go run ./internal/imgtest/gen -o testdata

The ` + "`.zst`" + ` files are zstd, in independent frames of 4 MiB. ` + "`zstd -d`" + ` unpacks them.
The scripts in ` + "`script/`" + ` are written by hand.
` + "`docs/window.png`" + ` shows the window with a dump of the virtual phone, ` + "`mtkkit acquire --port sim`" + `.

| file | bytes | what it is | SHA-256 |
|---|---|---|---|
`

func provenance(list []file) file {
	var b strings.Builder
	b.WriteString(provenanceHead)
	for _, f := range list {
		fmt.Fprintf(&b, "| %s | %d | %s | `%x` |\n", f.name, len(f.data), f.what, sha256.Sum256(f.data))
	}
	return file{name: "PROVENANCE.md", data: []byte(b.String())}
}
