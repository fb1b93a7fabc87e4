package preloader

import (
	"bytes"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// The settings are the same bytes from a flashable file and from the boot region around
// it, and they end before the word that gives their length.
func TestDRAM(t *testing.T) {
	spec := imgtest.PreloaderSpec{Board: "demo_k5", Chip: "MT6765", SigType: 5}
	file := imgtest.Preloader(spec)
	var blocks [][]byte
	for _, b := range [][]byte{file, imgtest.BootRegion("EMMC_BOOT", file, 0x100000)} {
		img := bytes.NewReader(b)
		r, err := Read(img)
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.Main().DRAM(img)
		if err != nil {
			t.Fatal(err)
		}
		if d.Version != 32 || !bytes.HasPrefix(d.Block, []byte("MTK_BLOADER_INFO_v32")) || len(d.Block) != 0x70+0xbc ||
			!bytes.Equal(d.Entries, imgtest.Noise("demo_k5 dram", 0xbc)) {
			t.Errorf("version %d, %d bytes, %d of entries", d.Version, len(d.Block), len(d.Entries))
		}
		blocks = append(blocks, d.Block)
	}
	if !bytes.Equal(blocks[0], blocks[1]) {
		t.Error("two settings of one preloader")
	}
}

// A preloader without the block has nothing to give, and says so.
func TestNoDRAM(t *testing.T) {
	img := bytes.NewReader(imgtest.Preloader(imgtest.PreloaderSpec{Board: "demo", Chip: "MT6765", NoName: true}))
	r, err := Read(img)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := r.Main().DRAM(img); err == nil {
		t.Errorf("%d bytes from nowhere", len(d.Block))
	}
}
