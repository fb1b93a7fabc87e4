package compare

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/scatter"
)

// verify asks verified boot which side of each partition that differs is right.
func (r *Result) verify(ctx context.Context, x, y *side, progress func(flash.Event)) error {
	v := &verifier{ctx: ctx, progress: progress, blocks: [2][]block{x.blocks(), y.blocks()}}
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.State != Differs && row.State != Moved || row.Usual != "" || row.Kind != flash.KindPartition {
			continue
		}
		j := v.judge(row)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		row.Right, row.Verified = j.verdict()
		r.Checks = append(r.Checks, j.checks...)
	}
	return nil
}

// block is a verified boot block, and the partition that has it.
type block struct {
	name string
	side Name
	*avb.VBMeta
}

// blocks returns the verified boot blocks of a side: those at the start of a partition (vbmeta) before
// those in a footer (boot, chained).
func (s *side) blocks() []block {
	var start, footer []block
	for i := range s.items {
		it := &s.items[i]
		if it.kind != flash.KindPartition || it.img.Size() == 0 || len(it.unread) > 0 {
			continue
		}
		v, f, err := avb.Find(it.img)
		switch {
		case err != nil:
		case f == nil:
			start = append(start, block{it.name, s.name, v})
		default:
			footer = append(footer, block{it.name, s.name, v})
		}
	}
	return append(start, footer...)
}

// verifier checks partitions against the blocks of both sides.
type verifier struct {
	ctx      context.Context
	progress func(flash.Event)
	blocks   [2][]block // of A, of B
}

// judgement is what the blocks say of one partition.
type judgement struct {
	// by has the verdict of the block of a side on the bytes of a side: by[0][1] is that of A's block
	// on B's bytes.
	by     [2][2]avb.Verdict
	of     [2]*block // the block of each side that describes it
	checks []Check
}

// judge checks the two against the block of their own side. If one does not hold, or has no block,
// it asks whether the other side has what the block wants. Two of one build have the same digest.
func (v *verifier) judge(row *Row) *judgement {
	j := &judgement{}
	items := [2]*item{row.couple.a, row.couple.b}
	length := max(items[0].Length, items[1].Length)
	var want [2]*avb.Descriptor
	for s, it := range items {
		j.of[s], want[s] = find(v.blocks[s], it.name)
	}
	for s := range items {
		j.by[s][s] = v.check(j, items[s], length, s, s, want[s])
	}
	for s := range items {
		switch other := 1 - s; {
		case same(want[0], want[1]):
			j.by[s][other] = j.by[other][other]
		case j.by[s][s] != avb.Intact || j.by[other][other] != avb.Intact:
			j.by[s][other] = v.check(j, items[other], length, other, s, want[s])
		}
	}
	return j
}

// same reports whether two descriptors want the same bytes.
func same(a, b *avb.Descriptor) bool {
	return a != nil && b != nil && bytes.Equal(a.Digest, b.Digest) && bytes.Equal(a.Salt, b.Salt) && a.ImageSize == b.ImageSize
}

// find returns the block that describes a partition, and its descriptor. A phone has one for each
// slot; that of a package is for both.
func find(blocks []block, name string) (*block, *avb.Descriptor) {
	base, in := slot.Cut(scatter.Canonical(name))
	for i := range blocks {
		b := &blocks[i]
		if _, s := slot.Cut(scatter.Canonical(b.name)); s != "" && in != "" && s != in {
			continue
		}
		for _, d := range b.Images {
			if of, s := slot.Cut(scatter.Canonical(d.Partition)); of == base && (s == "" || in == "" || s == in) {
				return b, d
			}
		}
	}
	return nil, nil
}

// check checks the bytes of side s against the descriptor of side of. Length is that of the partition.
func (v *verifier) check(j *judgement, it *item, length int64, s, of int, d *avb.Descriptor) avb.Verdict {
	if d == nil || len(it.unread) > 0 {
		return avb.Unknown
	}
	seen := func(done int64) {
		if v.progress != nil {
			v.progress(flash.Event{Op: "check", Detail: it.name, Done: done, Total: int64(d.ImageSize)})
		}
	}
	img := flash.Filled(it.img)
	if it.firmware { // its end is zeros on the phone
		whole := flash.NewStitched(max(length, img.Size()))
		whole.Add(0, img)
		img = whole
	}
	result, err := d.Check(v.ctx, img, seen)
	if err != nil { // it was reported when it was compared
		return avb.Unknown
	}
	sides := [2]Name{A, B}
	j.checks = append(j.checks, Check{it.name, sides[s], j.of[of].name, sides[of], j.of[of].Signature, result})
	return result.Verdict
}

var intact = [2]avb.Verdict{avb.Intact, avb.Intact}

// verdict says which side is right, and why.
func (j *judgement) verdict() (Name, string) {
	a, b := j.holds(0), j.holds(1)
	switch {
	case a == avb.Intact && b == avb.Intact && (j.by[0] == intact || j.by[1] == intact):
		return Both, "verified boot: both are right: it does not check the bytes that differ"
	case a == avb.Intact && b == avb.Intact && j.by[0][0] == avb.Intact:
		return Both, "verified boot: both are right, each by its own vbmeta: two builds"
	case a == avb.Intact && b == avb.Intact:
		return Both, "verified boot: both are right, each by the vbmeta of the other: two builds"
	case a == avb.Intact && b == avb.Different:
		return A, "verified boot: A is right, B is not: " + j.why(0)
	case b == avb.Intact && a == avb.Different:
		return B, "verified boot: B is right, A is not: " + j.why(1)
	case a == avb.Different && b == avb.Different:
		return Neither, "verified boot: neither is as " + j.block(0, 1) + " wants it"
	case a == avb.Different:
		return Neither, "verified boot: A is not as " + j.block(0, 1) + " wants it"
	case b == avb.Different:
		return Neither, "verified boot: B is not as " + j.block(1, 0) + " wants it"
	}
	return "", ""
}

// holds returns the best verdict of any block on a side.
func (j *judgement) holds(s int) avb.Verdict {
	own, other := j.by[s][s], j.by[1-s][s]
	switch {
	case own == avb.Intact || other == avb.Intact:
		return avb.Intact
	case own == avb.Different || other == avb.Different:
		return avb.Different
	}
	return avb.Unknown
}

// why says what proves that side s is right, and whether it is right for the other phone, too.
func (j *judgement) why(s int) string {
	var by []string
	for of := range j.by {
		if j.by[of][s] == avb.Intact {
			by = append(by, j.block(of, of))
		}
	}
	wants := map[bool]string{false: " wants", true: " want"}
	text := strings.Join(by, " and ") + wants[len(by) > 1] + " its bytes"
	if o := 1 - s; j.by[o][s] == avb.Different {
		text += fmt.Sprintf(", but %s wants neither: two builds", j.block(o, o))
	}
	return text
}

// block names the block of side of, or else that of the side instead.
func (j *judgement) block(of, instead int) string {
	sides := [2]Name{A, B}
	if j.of[of] == nil {
		of = instead
	}
	b := j.of[of]
	text := fmt.Sprintf("%s of %s", b.name, sides[of])
	switch {
	case b.Signature == avb.Holds:
		return text + " (signed)"
	case b.Signature == avb.Broken:
		return text + " (its signature is broken)"
	}
	return text + " (not signed)"
}
