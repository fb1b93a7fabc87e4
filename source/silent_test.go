package source

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// What a sparse dump does not say is unread in whatever it is packed, at its start and
// behind it.
func TestSilentInAllWays(t *testing.T) {
	user := imgtest.SmallMT6765().Device().User().Image
	whole, err := flash.ReadFull(user, 0, int(user.Size()))
	if err != nil {
		t.Fatal(err)
	}
	n := len(whole) / 4096
	for name, c := range map[string]struct {
		from, to int
		warn     string
	}{
		"its head": {16, n, "and not the first"},
		"the rest": {0, 40, ""},
	} {
		sparse := sparsePiece(whole, c.from, c.to)
		dir, folder := t.TempDir(), t.TempDir()
		plain := putFile(t, dir, "dump", sparse)
		putFile(t, folder, "ROM_1", sparse)
		packed := putFile(t, dir, "dump.zst", packers["zst"](t, sparse))
		var archive bytes.Buffer
		z := zip.NewWriter(&archive)
		w, err := z.Create("ROM_1")
		if err != nil {
			t.Fatal(err)
		}
		w.Write(sparse)
		z.Close()
		zipped := putFile(t, dir, "dump.zip", archive.Bytes())
		for _, path := range []string{plain, packed, zipped, folder, Stdin} {
			s, err := Open(context.Background(), path, Options{Stdin: bytes.NewReader(sparse)})
			if err != nil {
				t.Errorf("%s, %s: %v", name, path, err)
				continue
			}
			want := flash.Without([]flash.Extent{{Length: int64(len(whole))}}, []flash.Extent{{Offset: int64(c.from) * 4096, Length: int64(c.to-c.from) * 4096}})
			if got := s.User().Unread; !slices.Equal(got, want) {
				t.Errorf("%s, %s: unread %v, want %v", name, path, got, want)
			}
			if told := strings.Contains(fmt.Sprint(s.Problems), c.warn); !told || (c.warn != "") != (flash.Worst(s.Problems) == flash.Warning) {
				t.Errorf("%s, %s: %v", name, path, s.Problems)
			}
			s.Close()
		}
	}
	// A region beside the dump, too.
	boot := putFile(t, t.TempDir(), "boot1", sparsePiece(whole, 2, n))
	s, err := Open(context.Background(), putFile(t, t.TempDir(), "dump", whole), Options{Boot1: boot})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := s.Parts[1].Unread; len(got) != 1 || got[0].Length != 2*4096 {
		t.Errorf("of a boot region: %v", got)
	}
}

// The checksum of a sparse file is held against it whatever way it is opened, counted
// with what it does not say or without.
func TestSparseChecksum(t *testing.T) {
	whole := imgtest.Noise("whole", 20*4096)
	said := whole[:10*4096]
	for name, c := range map[string]struct {
		sum  uint32
		good bool
	}{
		"as readers count":  {crc32.ChecksumIEEE(append(slices.Clone(said), make([]byte, 10*4096)...)), true},
		"as writers count":  {crc32.ChecksumIEEE(said), true},
		"of something else": {crc32.ChecksumIEEE(whole), false},
	} {
		b := sparsePiece(whole, 0, 10)
		binary.LittleEndian.PutUint32(b[0x18:], c.sum)
		for way, open := range map[string]func() (*Source, error){
			"plain": func() (*Source, error) { return Open(context.Background(), putFile(t, t.TempDir(), "a", b), Options{}) },
			"piece": func() (*Source, error) {
				dir := t.TempDir()
				return OpenPieces(context.Background(), []string{putFile(t, dir, "p.0", b), putFile(t, dir, "p.1", sparsePiece(whole, 10, 20))}, Options{})
			},
		} {
			s, err := open()
			if err != nil {
				t.Fatal(err)
			}
			if bad := strings.Contains(fmt.Sprint(s.Problems), "CRC-32"); bad == c.good || bad && flash.Worst(s.Problems) != flash.Error {
				t.Errorf("%s, %s: %v", name, way, s.Problems)
			}
			s.Close()
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b := sparsePiece(whole, 0, 20)
	b[0x18]++
	if _, err := (&Source{}).openSparse(ctx, bytes.NewReader(b), "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a look that is ended: %v", err)
	}
}
