package stock

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// judge knows what the dump and the package say about their versions.
type judge struct {
	hurts  *hurts
	phone  *dump.Dump
	pkg    *dump.Dump
	images *plan.Plan
	builds []string // of the package
	same   *sameness
}

func newJudge(h *hurts, phone, pkg *dump.Dump, images *plan.Plan) *judge {
	return &judge{hurts: h, phone: phone, pkg: pkg, images: images, builds: buildsOf(images, "")}
}

// step judges by one kind of proof; the verdict is "" if it proves nothing.
type step func(context.Context, *question) (Verdict, string, error)

// question is one partition of the phone with the image for it.
type question struct {
	hurt
	img  flash.Image // of the package, its holes as zeros
	from *plan.Item
}

// judge fills in what the package has for a partition, and whether it is right.
func (j *judge) judge(ctx context.Context, x hurt, row *Row) error {
	if why := onlyHere(x.name); why != "" {
		row.Verdict, row.Why = Own, why
		return nil
	}
	it := imageFor(j.images, x.name)
	if it == nil || it.Image == nil {
		row.Verdict, row.Why = Absent, j.whyAbsent(x.name)
		return nil
	}
	row.Part, row.File, row.Size = it.Name, it.File, it.Image.Size()
	row.In = j.pkg.Source.Origins[it.Name]
	q := &question{x, flash.Filled(it.Image), it}
	for _, s := range []step{j.model, j.size, j.descriptor, j.chain, j.rollback, j.build, j.likeOthers} {
		v, why, err := s(ctx, q)
		if err != nil {
			return err
		}
		if v != "" {
			row.Verdict, row.Why = v, why
			return nil
		}
	}
	row.Verdict, row.Why = Unknown, "nothing in the dump tells which version it had: no vbmeta, no build fingerprint, no other partition to compare"
	return nil
}

// onlyHere says why no package can have a partition.
func onlyHere(name string) string {
	if why := scatter.Why(name); why != "" {
		return "it is " + why.Own() + ": no package has it, and an empty one or that of another phone does harm"
	}
	switch base, _ := slot.Cut(scatter.Canonical(name)); {
	case base == "pgpt" || base == "sgpt" || base == "mbr" || strings.HasPrefix(base, "ebr"):
		return "it is the partition table of this phone, made for the size of its flash"
	case base == "misc" || base == "para" || base == "boot_para" || base == "flashinfo":
		return "the phone writes it while it is used: no package has it"
	}
	return ""
}

// whyAbsent says what else the package has.
func (j *judge) whyAbsent(name string) string {
	if base, _ := slot.Cut(scatter.Canonical(name)); base == "super" && (imageFor(j.images, "system") != nil || imageFor(j.images, "system_a") != nil) {
		return "the package has the logical partitions in it one by one: only fastbootd writes these"
	}
	return "the package has no image of it"
}

func (j *judge) model(context.Context, *question) (Verdict, string, error) {
	a, b := j.phone.Layout.Chip.Value, j.pkg.Layout.Chip.Value
	if a != "" && b != "" && !preloader.SameChip(a, b) {
		return Wrong, fmt.Sprintf("the package is for %s, the phone has %s", b, a), nil
	}
	a, b = j.phone.Layout.Project.Value, j.pkg.Layout.Project.Value
	if a != "" && b != "" && !strings.EqualFold(a, b) {
		return Wrong, fmt.Sprintf("the package is for the board %s, the phone has %s", b, a), nil
	}
	return "", "", nil
}

func (j *judge) size(_ context.Context, q *question) (Verdict, string, error) {
	if n := q.img.Size(); n > q.item.Length {
		return Wrong, fmt.Sprintf("it has 0x%x bytes, but the partition only 0x%x", n, q.item.Length), nil
	}
	return "", "", nil
}

// descriptor asks the vbmeta blocks of the dump, which have the hashes of the images that the phone
// starts.
func (j *judge) descriptor(ctx context.Context, q *question) (Verdict, string, error) {
	for _, holder := range j.holders(q.name) {
		base, _ := slot.Cut(q.name)
		block := j.hurts.boot.Blocks[holder]
		for _, d := range block.Images {
			if d.Partition != q.name && d.Partition != base {
				continue
			}
			r, err := d.Check(ctx, q.img, nil)
			switch {
			case err != nil:
				return "", "", err
			case r.Verdict == avb.Intact:
				return Fits, fmt.Sprintf("it has the bytes that %s of this phone wants (%s)", holder, r.Text), nil
			case r.Verdict == avb.Different:
				return Wrong, fmt.Sprintf("it does not have the bytes that %s of this phone wants: it is of another version, or changed", holder), nil
			}
		}
	}
	return "", "", nil
}

// holders returns the partitions of the dump whose vbmeta blocks count for a partition: whole ones, in
// its slot.
func (j *judge) holders(name string) (out []string) {
	_, suffix := slot.Cut(name)
	for holder, block := range j.hurts.boot.Blocks {
		if _, s := slot.Cut(holder); (s == suffix || s == "" || suffix == "") && j.hurts.whole(holder) && block.Signature != avb.Broken {
			out = append(out, holder)
		}
	}
	slices.Sort(out)
	return out
}

// chain compares the key of the image with the one that the dump's vbmeta demands.
func (j *judge) chain(_ context.Context, q *question) (Verdict, string, error) {
	base, _ := slot.Cut(q.name)
	for _, holder := range j.holders(q.name) {
		for _, c := range j.hurts.boot.Blocks[holder].Chains {
			if c.Partition != base && c.Partition != q.name {
				continue
			}
			own, _, err := avb.Find(q.img)
			if err != nil || own.KeySHA1 != c.KeySHA1 || own.Signature != avb.Holds && own.Signature != avb.Unchecked {
				return Wrong, fmt.Sprintf("it is not signed with the key that %s of this phone demands", holder), nil //nolint:nilerr // an image without a block has no key
			}
		}
	}
	return "", "", nil
}

// rollback compares the rollback indexes of the package with those that the phone has seen. A phone
// refuses a smaller one.
func (j *judge) rollback(_ context.Context, q *question) (Verdict, string, error) {
	_, suffix := slot.Cut(q.name)
	for _, holder := range j.holders(q.name) {
		mine := j.hurts.boot.Blocks[holder]
		it := imageFor(j.images, holder)
		if it == nil || it.Image == nil {
			continue
		}
		if _, s := slot.Cut(holder); s != suffix && s != "" {
			continue
		}
		theirs, _, err := avb.Find(flash.Filled(it.Image))
		if err != nil { // the image has no block: it proves nothing
			continue
		}
		if theirs.RollbackIndex < mine.RollbackIndex {
			return Wrong, fmt.Sprintf("the package is older: its %s has the rollback index %d, that of this phone %d", holder, theirs.RollbackIndex, mine.RollbackIndex), nil
		}
	}
	return "", "", nil
}
