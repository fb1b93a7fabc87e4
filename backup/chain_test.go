package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The state after the first block of the first Bitcoin header is published wherever
// mining is explained: a witness for the words that the index holds, and their order.
func TestStateWitness(t *testing.T) {
	head, err := hex.DecodeString("0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa" +
		"4b1e5e4a29ab5f49ffff001d1dac2b7c")
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	h.Write(head[:hashBlock])
	const want = "bc909a336358bff090ccac7d1e59caa8c3c8d8e94f0103c896b187364719f91b"
	state := stateOf(h)
	if state != want {
		t.Fatalf("state %s", state)
	}
	// Going on from it, and hashing again, gives the known name of the block.
	g := hashFrom(state, hashBlock)
	g.Write(head[hashBlock:])
	sum := sha256.Sum256(g.Sum(nil))
	if got := hex.EncodeToString(sum[:]); got != "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000" {
		t.Errorf("sum %s", got)
	}
}

// Every chunk is proven by itself, wherever holes lie, and by nothing else's content.
func TestChain(t *testing.T) {
	hole := func(n int) []byte { return make([]byte, n) }
	for name, b := range map[string][]byte{
		"short":             noise("a", 100),
		"one chunk":         noise("b", chunkSize),
		"odd end":           noise("c", 2*chunkSize+77),
		"hole first":        append(hole(9*mib), noise("d", 5*mib)...),
		"hole last":         append(noise("e", 5*mib), hole(9*mib)...),
		"hole last, odd":    append(noise("f", 5*mib), hole(9*mib+3)...),
		"hole between":      bytes.Join([][]byte{noise("g", mib), hole(9 * mib), noise("h", mib+1)}, nil),
		"hole in a chunk":   bytes.Join([][]byte{noise("i", mib), hole(mib), noise("j", mib)}, nil),
		"hole from a chunk": bytes.Join([][]byte{noise("k", chunkSize), hole(2 * chunkSize), noise("l", chunkSize)}, nil),
	} {
		a := open(t, pack(t, outputs(map[string][]byte{"x": b}), Options{}))
		m := a.Member("x")
		for i := range m.Chunks {
			_, plain, err := a.unpack(m, i, nil, nil)
			if err != nil {
				t.Errorf("%s: chunk %d: %v", name, i, err)
				continue
			}
			plain[0] ^= 1
			if m.proves(i, plain) {
				t.Errorf("%s: chunk %d is proven with a bit changed", name, i)
			}
		}
	}
}
