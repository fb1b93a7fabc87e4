package recovery

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
)

// verified reports what verified boot will do with the image.
func (c *checker) verified(ctx context.Context) error {
	if c.row == nil {
		return nil
	}
	own, foot, err := avb.Find(c.img)
	if err != nil {
		own, foot = nil, nil
	}
	if foot != nil && c.img.Size() != c.row.Length {
		c.say(flash.Warning, "AVB", "the image has a footer, but not at the end of the partition: the image has 0x%x bytes, the partition 0x%x", c.img.Size(), c.row.Length)
	}
	main := c.phone.Image("vbmeta")
	var v *avb.VBMeta
	if main != nil {
		v, err = avb.Read(main)
	}
	switch {
	case main == nil || err != nil:
		if row := c.phone.Row("vbmeta"); row != nil {
			c.say(flash.Warning, "AVB", "the phone has verified boot, but its vbmeta cannot be read from the dump")
			return nil
		}
		c.say(flash.Note, "AVB", "the phone has no vbmeta partition: no verified boot of this kind")
		return nil
	case v.Flags&avb.VerificationDisabled != 0:
		c.say(flash.Note, "AVB", "the phone's vbmeta switches verification off (flags %d)", v.Flags)
		return nil
	}
	return c.judged(ctx, v, own)
}

// judged compares the image with the descriptors of the phone's vbmeta v; own is the
// block in the image, nil for none.
func (c *checker) judged(ctx context.Context, v, own *avb.VBMeta) error {
	const locked = "a locked bootloader refuses it, an unlocked one starts it with a warning or with verification switched off in vbmeta (flags 2)"
	base := strings.TrimSuffix(strings.TrimSuffix(c.row.Name, "_a"), "_b")
	for _, d := range v.Images {
		if d.Partition != base {
			continue
		}
		r, err := d.Check(ctx, c.img, nil)
		if err != nil {
			return err
		}
		if r.Verdict == avb.Intact {
			c.say(flash.Note, "AVB", "the image is the one in the phone's vbmeta")
		} else {
			c.say(flash.Warning, "AVB", "the phone's vbmeta has another image for %s: %s", base, locked)
		}
		return nil
	}
	for _, ch := range v.Chains {
		if ch.Partition != base {
			continue
		}
		switch {
		case own == nil:
			c.say(flash.Warning, "AVB", "the phone's vbmeta requires a signed block in %s, but the image has none: %s", base, locked)
		case own.Signature != avb.Holds || own.KeySHA1 != ch.KeySHA1:
			c.say(flash.Warning, "AVB", "the image is %s with another key than the phone's vbmeta requires: %s", signedWord(own), locked)
		default:
			c.say(flash.Note, "AVB", "the image's block is signed with the key that the phone's vbmeta requires")
		}
		return c.rollback(own)
	}
	c.say(flash.Note, "AVB", "the phone's vbmeta does not mention %s", base)
	return nil
}

func signedWord(v *avb.VBMeta) string {
	if v.Signature == avb.Unsigned {
		return "unsigned, or signed"
	}
	return "signed"
}

// rollback compares the rollback index with that of the phone's own image.
func (c *checker) rollback(own *avb.VBMeta) error {
	img := c.phone.Image(c.row.Name)
	if own == nil || img == nil {
		return nil
	}
	stock, _, err := avb.Find(img)
	if err == nil && own.RollbackIndex < stock.RollbackIndex {
		c.say(flash.Warning, "AVB", "rollback index %d is lower than the phone's own (%d): a locked bootloader refuses older images", own.RollbackIndex, stock.RollbackIndex)
	}
	return nil
}

func isError(p flash.Problem) bool { return p.Severity == flash.Error }

// verdict makes one line of the reasons.
func (c *checker) verdict() *Verdict {
	v := &Verdict{Answer: Starts, Reasons: c.out}
	if c.row != nil {
		v.Partition = c.row.Name
	}
	worst := flash.Worst(c.out)
	if worst == flash.Note {
		v.Line = fmt.Sprintf("%s: %s, as far as could be checked", c.name, v.Answer)
		return v
	}
	v.Answer = Depends
	switch {
	case worst == flash.Error && slices.ContainsFunc(c.out[:c.harm], isError) || slices.ContainsFunc(c.out[c.harmEnd:], isError):
		v.Answer = DoesNotStart
	case worst == flash.Error:
		v.Answer = Harmful
	case c.doubted:
		v.Answer = MayHarm
	}
	var why []string
	for _, p := range c.out {
		if p.Severity == worst {
			text, _, _ := strings.Cut(p.Text, ";")
			text, _, _ = strings.Cut(text, ": ") // the rest has more detail
			why = append(why, strings.TrimPrefix(p.Place, c.name+": ")+": "+text)
		}
	}
	more := ""
	if len(why) > 3 {
		why, more = why[:3], fmt.Sprintf(" and %d more reasons", len(why)-3)
	}
	v.Line = fmt.Sprintf("%s: %s: %s%s", c.name, v.Answer, strings.Join(why, "; "), more)
	return v
}
