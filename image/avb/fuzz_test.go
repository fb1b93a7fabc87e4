package avb

import (
	"bytes"
	"context"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func FuzzFind(f *testing.F) {
	_, tree := withTree(2 * 4096)
	all := imgtest.AVBBlock{Algorithm: 1, Flags: 1, Key: []byte("key"), Descriptors: [][]byte{
		imgtest.AVBProperty("a", "b"), imgtest.AVBHash("boot", []byte("kernel"), salt), imgtest.AVBChain("c", []byte("key")), imgtest.AVBCmdline("line"), tree,
	}}.Bytes()
	f.Add(all)
	f.Add(imgtest.AVBFooted([]byte("kernel"), imgtest.AVBBlock{Descriptors: [][]byte{imgtest.AVBHash("boot", []byte("kernel"), salt)}}.Bytes(), 6, 8192))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		v, _, err := Find(bytes.NewReader(b))
		if err != nil {
			return
		}
		if v.Size > int64(len(b)) {
			t.Fatalf("a block of %d bytes in %d", v.Size, len(b))
		}
		for _, d := range v.Images {
			if _, err := d.Check(context.Background(), bytes.NewReader(b), nil); err != nil {
				t.Fatal(err)
			}
		}
		v.Fingerprints()
		v.FlagWords()
	})
}
