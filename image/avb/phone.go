package avb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Partition is one of a phone's partitions, as far as it is at hand.
type Partition struct {
	Name  string
	Image flash.Image
	Whole bool // nothing of it is missing
}

// Finding is what was found out about one partition.
type Finding struct {
	Partition string `json:"partition"`
	By        string `json:"by"` // the partition whose vbmeta block speaks of it
	Result
}

// Verification is what verified boot has to say about a phone's partitions.
type Verification struct {
	Blocks   map[string]*VBMeta `json:"blocks"` // by the partition they are in
	Findings []Finding          `json:"findings"`
	Problems flash.Problems     `json:"problems"`
}

// Check compares all partitions that descriptors speak of with them. Get returns a
// partition by name, also one that is not in the list (a logical one), or nil. What
// contradicts its descriptor is a problem only when all of it is at hand.
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

// find reads the vbmeta block of a partition, if it has one.
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
	done map[string]bool // what was checked, by partition and digest
}

// judgeBlock tells of the block itself, and whether chained blocks are signed with the
// key that it asks for.
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

// judgeChain holds the block of a chained partition against the key that the holder of
// the chain asks for. A recovery or boot image from elsewhere has no block, or an
// unsigned one, whose own hash says nothing.
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
		c.problem(flash.Note, p.Name, "%s, where %s asks for one signed with %.12s…: %s on this phone", is, holder.Name, key, off)
		return
	}
	c.problem(flash.Warning, p.Name, "%s, where %s asks for one signed with %.12s…: a locked phone does not start with it", is, holder.Name, key)
}

// off returns how verification is switched off for the slot of a partition, "" when it
// is not: the flags of the vbmeta partition count.
func (c *checker) off(name string) string {
	for _, top := range []string{"vbmeta" + slotSuffix(name), "vbmeta"} {
		if v := c.Blocks[top]; v != nil && v.Flags != 0 {
			return v.FlagWords()
		}
	}
	return ""
}

// target returns the partition that a descriptor in holder speaks of: that of the same
// slot, if there are slots.
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
		return nil // a footer repeats what the vbmeta partition says
	}
	c.done[key] = true
	if !p.Whole {
		c.add(p, holder, Result{Unknown, "not all of it is at hand"})
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

// blame says what a difference can mean. A phone that does not verify was changed on
// purpose, most likely.
func (c *checker) blame(p *Partition, holder Partition, r Result) {
	if off := c.off(holder.Name); off != "" {
		c.problem(flash.Note, p.Name, "is not the image that %s speaks of: %s; as %s on this phone, it was changed on purpose (root, a custom recovery) or read badly", holder.Name, r.Text, off)
		return
	}
	c.problem(flash.Warning, p.Name, "is not the image that %s speaks of: %s; it was changed after it was built (root, a custom recovery) or read badly, and a locked phone does not start with it", holder.Name, r.Text)
}

func (c *checker) problem(sev flash.Severity, place, format string, a ...any) {
	c.Problems.Add(sev, place, format, a...)
}
