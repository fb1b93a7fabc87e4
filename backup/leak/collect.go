package leak

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Part is a named range of a phone's flash.
type Part struct {
	Name  string
	Image flash.Image
}

const (
	blockSize  = 64      // size of the private blocks that are searched for, bytes
	tail       = 7       // number of bytes at the end of a pattern that are its key in the table
	maxBlocks  = 1 << 20 // number of patterns, to limit memory; if there are more, every n-th is used
	textBytes  = 1 << 20 // bytes of a part that are searched for serial numbers
	minSerial  = 8
	maxSerial  = 32
	pieceSize  = 1 << 20
	filterBits = 24
)

// Kind is the kind of a pattern.
type Kind string

// The values of Kind.
const (
	IMEI   Kind = "IMEI"
	Serial Kind = "serial number"
	Block  Kind = "private block"
	Hash   Kind = "hash of private bytes"
)

// Kinds lists all kinds.
var Kinds = []Kind{IMEI, Serial, Block, Hash}

// pattern is one thing to search for. The bytes of a block are read again when its end was
// found, so they need no memory.
type pattern struct {
	kind Kind
	part int // index of its part
	at   int64
	text []byte // nil for blocks
}

// Finder has the patterns to search for.
type Finder struct {
	parts  []Part
	byTail map[uint64][]pattern
	filter []uint64 // one bit for each hash of a tail in byTail
	counts map[Kind]int
	seen   map[string]bool
	total  int64 // bytes of data in all parts
}

// Collect collects the identifiers and blocks of a phone's private parts. Blocks with few
// different bytes are left out, because other phones have them, too.
func Collect(ctx context.Context, private []Part, progress func(flash.Event)) (*Finder, error) {
	return collectUpTo(ctx, maxBlocks, private, progress)
}

func collectUpTo(ctx context.Context, most int64, private []Part, progress func(flash.Event)) (*Finder, error) {
	f := &Finder{parts: private, byTail: map[uint64][]pattern{}, filter: make([]uint64, 1<<(filterBits-6)),
		counts: map[Kind]int{}, seen: map[string]bool{}}
	for _, p := range private {
		f.total += p.Image.Size()
	}
	stride := int64(blockSize)
	if n := f.total / blockSize; n > most {
		stride *= (n + most - 1) / most
	}
	var done int64
	for i, p := range private {
		err := pieces(ctx, p.Image, 2*maxSerial, func(at int64, b []byte, fresh int) error {
			f.identifiers(i, at, b, fresh)
			f.blocks(i, at, b, fresh, stride)
			if progress != nil {
				progress(flash.Event{Op: "collect", Done: done + at + int64(len(b)), Total: f.total})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("leak: %s: %w", p.Name, err)
		}
		done += p.Image.Size()
	}
	return f, nil
}

// AddHash adds a hash of a part to the patterns, as bytes and in hex.
func (f *Finder) AddHash(part string, sum []byte) {
	i := slices.IndexFunc(f.parts, func(p Part) bool { return p.Name == part })
	if i >= 0 && len(sum) >= tail {
		text := hex.EncodeToString(sum)
		f.identifier(Hash, i, 0, bytes.Clone(sum), []byte(text), []byte(strings.ToUpper(text)))
	}
}

// AddIMEI adds a number that a part has in an encoded form: other parts may have it in plain
// digits. Digits are decimal, at least 15.
func (f *Finder) AddIMEI(part, digits string) {
	i := slices.IndexFunc(f.parts, func(p Part) bool { return p.Name == part })
	if i >= 0 && len(digits) >= 15 {
		f.imei(i, 0, []byte(digits))
	}
}

// Count returns how many different patterns of a kind are searched for.
func (f *Finder) Count(k Kind) int { return f.counts[k] }

// addText adds a pattern that has its bytes, once.
func (f *Finder) addText(p pattern) {
	if !f.seen[string(p.text)] {
		f.seen[string(p.text)] = true
		f.add(p, tailOf(p.text))
	}
}

// addBlock adds a block. Of all blocks with the same tail only the first is taken: their bytes
// are not in memory, and the search would read each of them again wherever it meets the tail.
func (f *Finder) addBlock(p pattern, key uint64) {
	if slices.ContainsFunc(f.byTail[key], func(q pattern) bool { return q.kind == Block }) {
		return
	}
	f.counts[Block]++
	f.add(p, key)
}

func (f *Finder) add(p pattern, key uint64) {
	f.byTail[key] = append(f.byTail[key], p)
	h := hash(key)
	f.filter[h>>6] |= 1 << (h & 63)
}

// tailOf returns the last bytes of a pattern as a number.
func tailOf(b []byte) uint64 {
	var v uint64
	for _, c := range b[len(b)-tail:] {
		v = v<<8 | uint64(c)
	}
	return v
}

func hash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> (64 - filterBits) }

// blocks adds every block that is characteristic. B is at offset at of its part; its first fresh
// bytes were seen before.
func (f *Finder) blocks(part int, at int64, b []byte, fresh int, stride int64) {
	from := at + int64(fresh)
	for off := (from + stride - 1) / stride * stride; off+blockSize <= at+int64(len(b)); off += stride {
		if block := b[off-at:][:blockSize]; telling(block) {
			f.addBlock(pattern{kind: Block, part: part, at: off}, tailOf(block))
		}
	}
}

// telling reports whether a block can only be from one phone: it has many different bytes, and
// few zeros. Tables of file systems and code do not. Its tail has some different bytes, too: a
// search for seven zeros would stop at every byte of empty space.
func telling(b []byte) bool {
	return different(b) >= 32 && bytes.Count(b, []byte{0}) <= 8 && different(b[len(b)-tail:]) >= 3
}

// different counts the different bytes of b.
func different(b []byte) int {
	var set [4]uint64
	for _, c := range b {
		set[c>>6] |= 1 << (c & 63)
	}
	n := 0
	for _, w := range set {
		n += bits.OnesCount64(w)
	}
	return n
}

// pieces reads the data of img in pieces. Each begins with up to overlap bytes of the piece
// before; seen is their number.
func pieces(ctx context.Context, img flash.Image, overlap int, do func(at int64, b []byte, seen int) error) error {
	buf := make([]byte, overlap+pieceSize)
	for off := int64(0); off < img.Size(); {
		d, err := flash.NextData(img, off)
		if err != nil {
			return err
		}
		if d.Length == 0 {
			return nil
		}
		have := 0
		for off = d.Offset; off < d.End(); {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := int(min(d.End()-off, pieceSize))
			if err := flash.ReadInto(img, buf[have:have+n], off); err != nil {
				return err
			}
			if err := do(off-int64(have), buf[:have+n], have); err != nil {
				return err
			}
			off += int64(n)
			keep := min(overlap, have+n)
			copy(buf, buf[have+n-keep:have+n])
			have = keep
		}
	}
	return nil
}

// le is the byte order of MediaTek's flash formats.
var le = binary.LittleEndian
