package avb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Partition is one of a phone's partitions, as far as it is available.
type Partition struct {
	Name  string
	Image flash.Image
	Whole bool // no byte of it is missing
}

// Finding is the result for one partition.
type Finding struct {
	Partition string `json:"partition"`
	By        string `json:"by"` // the partition whose vbmeta block describes it
	Result
}

// Verification is the result of checking all partitions of a phone.
type Verification struct {
	Blocks   map[string]*VBMeta `json:"blocks"` // by the name of the partition that contains the block
	Findings []Finding          `json:"findings"`
	Problems flash.Problems     `json:"problems"`
}

// Check compares all partitions that descriptors describe with them. get returns a
// partition by name, also one that is not in the list (a logical one), or nil. seen, if
// not nil, gets the number of bytes read of a partition. A partition that differs from
// its descriptor is a problem only if all of it is available. An error comes from
// reading, or from ctx.
func Check(ctx context.Context, list []Partition, get func(name string) *Partition, seen func(partition string, done, total int64)) (*Verification, error) {
	c := &checker{Verification: &Verification{Blocks: map[string]*VBMeta{}}, ctx: ctx, get: get, seen: seen, done: map[string]bool{}}
	var holders []Partition
	for _, p := range list {
		if v := c.find(p); v != nil {
			holders = append(holders, p)
			c.Blocks[p.Name] = v
		}
	}
	for _, p := range holders {
		c.judgeBlock(p)
		for _, d := range c.Blocks[p.Name].Images {
			if err := c.check(p, d); err != nil {
				return c.Verification, err
			}
		}
	}
	return c.Verification, nil
}

// find reads the vbmeta block of a partition, nil if it has none.
func (c *checker) find(p Partition) *VBMeta {
	v, footer, err := Find(p.Image)
	switch {
	case err == nil && (footer == nil || p.Whole):
		return v
	case err != nil && !errors.Is(err, flash.ErrNotThis) && p.Whole:
		c.problem(flash.Warning, p.Name, "%v", err)
	}
	return nil
}

type checker struct {
	*Verification
	ctx  context.Context
	get  func(name string) *Partition
	seen func(partition string, done, total int64)
	done map[string]bool // partitions that were checked, by name and digest
}

// judgeBlock reports faults of the block itself, and whether chained blocks are signed
// with the key in their chain descriptors.
func (c *checker) judgeBlock(p Partition) {
	v := c.Blocks[p.Name]
	for _, problem := range v.Problems {
		c.problem(problem.Severity, p.Name, "%s", problem.Text)
	}
	if v.Flags != 0 {
		c.problem(flash.Note, p.Name, "%s (flags %d)", v.FlagWords(), v.Flags)
	}
	for _, chain := range v.Chains {
		if next := c.target(p, chain.Partition, false); next != nil {
			c.judgeChain(p, next, chain.KeySHA1)
		}
	}
}

// judgeChain compares the block of a chained partition with the key in the holder's
// chain descriptor. A recovery or boot image of another origin has no block, or an
// unsigned one, and the block's own hash then proves nothing.
func (c *checker) judgeChain(holder Partition, p *Partition, key string) {
	own := c.Blocks[p.Name]
	is := ""
	switch {
	case own == nil && p.Whole:
		is = "has no vbmeta block"
	case own == nil || own.KeySHA1 == key:
		return
	case own.KeySHA1 == "":
		is = "is not signed"
	default:
		is = fmt.Sprintf("is signed with the key %.12s…", own.KeySHA1)
	}
	if off := c.off(holder.Name); off != "" {
		c.problem(flash.Note, p.Name, "%s, but %s requires a signature with the key %.12s…: %s on this phone", is, holder.Name, key, off)
		return
	}
	c.problem(flash.Warning, p.Name, "%s, but %s requires a signature with the key %.12s…: a locked phone does not start with it", is, holder.Name, key)
}

// off returns how verification is switched off for the slot of a partition, "" if it is
// on. The flags of the vbmeta partition decide.
func (c *checker) off(name string) string {
	for _, top := range []string{"vbmeta" + slotSuffix(name), "vbmeta"} {
		if v := c.Blocks[top]; v != nil && v.Flags != 0 {
			return v.FlagWords()
		}
	}
	return ""
}

// target returns the partition that a descriptor in holder describes: in the same slot,
// if there are slots.
func (c *checker) target(holder Partition, name string, noSlots bool) *Partition {
	if suffix := slotSuffix(holder.Name); suffix != "" && !noSlots {
		if p := c.get(name + suffix); p != nil {
			return p
		}
	}
	return c.get(name)
}

func slotSuffix(name string) string {
	for _, s := range []string{"_a", "_b"} {
		if strings.HasSuffix(name, s) {
			return s
		}
	}
	return ""
}

func (c *checker) check(holder Partition, d *Descriptor) error {
	p := c.target(holder, d.Partition, d.NoSlots)
	if p == nil {
		return nil
	}
	key := fmt.Sprintf("%s %x %x %d", p.Name, d.Digest, d.Salt, d.ImageSize)
	if c.done[key] {
		return nil // a footer repeats the descriptor of the vbmeta partition
	}
	c.done[key] = true
	if !p.Whole {
		c.add(p, holder, Result{Unknown, "not all of it is available"})
		return nil
	}
	seen := func(int64) {}
	if c.seen != nil {
		seen = func(done int64) { c.seen(p.Name, done, int64(d.ImageSize)) }
	}
	r, err := d.Check(c.ctx, p.Image, seen)
	if err != nil {
		return err
	}
	c.add(p, holder, r)
	if r.Verdict == Different {
		c.blame(p, holder, r)
	}
	return nil
}

func (c *checker) add(p *Partition, holder Partition, r Result) {
	c.Findings = append(c.Findings, Finding{p.Name, holder.Name, r})
}

// blame reports the possible causes of a difference. A phone that does not verify was
// probably changed on purpose.
func (c *checker) blame(p *Partition, holder Partition, r Result) {
	if off := c.off(holder.Name); off != "" {
		c.problem(flash.Note, p.Name, "is not the image that %s describes: %s; because %s on this phone, it was probably changed on purpose (root, a custom recovery), or it was read with errors", holder.Name, r.Text, off)
		return
	}
	c.problem(flash.Warning, p.Name, "is not the image that %s describes: %s; it was changed after it was built (root, a custom recovery) or read with errors, and a locked phone does not start with it", holder.Name, r.Text)
}

func (c *checker) problem(sev flash.Severity, place, format string, a ...any) {
	c.Problems.Add(sev, place, format, a...)
}
