package ebr

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// A fuzz input is a sparse image: size in sectors, then records of a sector number
// (both u32) and a sector's last 66 bytes, where the entries and the signature are.
const recordSize = 4 + 66

func unpack(b []byte) sparse {
	img := sparse{at: map[int64][]byte{}}
	if len(b) < 4 {
		return img
	}
	img.size = int64(binary.LittleEndian.Uint32(b)) * sectorSize
	for r := range slices.Chunk(b[4:], recordSize) {
		if len(r) < recordSize {
			break
		}
		s := make([]byte, sectorSize)
		copy(s[offEntries:], r[4:])
		img.at[int64(binary.LittleEndian.Uint32(r))*sectorSize] = s
	}
	return img
}

func pack(img sparse) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(img.size/sectorSize))
	for at, s := range img.at {
		b = binary.LittleEndian.AppendUint32(b, uint32(at/sectorSize))
		b = append(b, s[offEntries:sectorSize]...)
	}
	return b
}

func FuzzRead(f *testing.F) {
	f.Add(pack(mtkImage()))
	f.Add(pack(sparse{size: 512, at: map[int64][]byte{0: mtkMBR()}}))
	f.Add(pack(sparse{size: 64 * mib, at: map[int64][]byte{0: mtkMBR(), 0x80000: sector(link(0))}}))
	for _, d := range corpusDevices {
		if img, err := d.image(os.Getenv("MTKKIT_CORPUS")); err == nil {
			f.Add(pack(img))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		img := unpack(b)
		c, err := Read(img)
		if Sniff(img) && err != nil {
			t.Fatalf("Sniff is true and Read says %v", err)
		}
		if err != nil {
			return
		}
		// Read also takes a chain whose MBR is lost, and says so.
		if !Sniff(img) && flash.Worst(c.Problems) != flash.Error {
			t.Fatalf("Sniff is false, and Read has nothing to say of the MBR: %v", c.Problems)
		}
		checkChain(t, c, img.size)
	})
}

// checkChain states what holds for every chain, however damaged.
func checkChain(t *testing.T, c *Chain, size int64) {
	if len(c.Sectors) == 0 || len(c.Sectors) > maxSectors {
		t.Fatalf("%d sectors", len(c.Sectors))
	}
	table := c.Table(flash.EMMCUser, size)
	seen := map[string]bool{}
	for i, p := range table.Partitions {
		if p.Index != i || p.Offset < 0 || p.Length < 0 || p.End() < p.Offset || seen[p.Name] {
			t.Fatalf("row %d is %+v", i, p)
		}
		if p.ToEnd && p.End() != max(size, p.Offset) {
			t.Fatalf("row to the end of 0x%x is %v", size, p.Extent)
		}
		seen[p.Name] = true
	}
	for _, p := range table.Problems {
		if p.Offset < 0 || p.Text == "" || p.Place == "" {
			t.Fatalf("problem %+v", p)
		}
	}
}

func FuzzParseSector(f *testing.F) {
	f.Add(mtkMBR())
	for _, d := range corpusDevices {
		for _, s := range d.sectors {
			if b, err := os.ReadFile(filepath.Join(os.Getenv("MTKKIT_CORPUS"), d.dir, s.file)); err == nil {
				f.Add(b[:min(len(b), 1024)])
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := parseSector(b)
		if err != nil {
			return
		}
		again, err := parseSector(sector(entries[:]...))
		if err != nil || again != entries {
			t.Fatalf("%+v became %+v, %v", entries, again, err)
		}
		Sniff(bytes.NewReader(b))
	})
}
