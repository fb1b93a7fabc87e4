package scripttest

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// avbBlock implements "avb FILE OFFSET FLAGS NAME=OFFSET:LENGTH…": it writes a vbmeta block with the
// hashes of the present bytes in these ranges.
func avbBlock(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: avb FILE OFFSET FLAGS NAME=OFFSET:LENGTH…")
	}
	f := edit(ts, args[0])
	defer f.Close()
	block := imgtest.AVBBlock{Flags: uint32(number(ts, args[2])), Descriptors: [][]byte{
		imgtest.AVBProperty("com.android.build.boot.fingerprint", "shop/shop_1/shop_1:12/SP1A/1:user/release-keys")}}
	for _, a := range args[3:] {
		name, place, _ := strings.Cut(a, "=")
		at, n, _ := strings.Cut(place, ":")
		b := make([]byte, number(ts, n))
		_, err := f.ReadAt(b, number(ts, at))
		ts.Check(err)
		block.Descriptors = append(block.Descriptors, imgtest.AVBHash(name, b, []byte("salt")))
	}
	_, err := f.WriteAt(block.Bytes(), number(ts, args[1]))
	ts.Check(err)
}
