package report

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// glyphs are the characters of a strip.
type glyphs struct {
	data, zero, erased, bad, absent, tick, dot string
}

var (
	unicodeGlyphs = glyphs{"█", "░", "▒", "×", "╱", "│", "·"}
	asciiGlyphs   = glyphs{"#", ".", ":", "x", "/", "|", "-"}
)

func (g glyphs) of(state byte) string {
	switch state {
	case 'd':
		return g.data
	case 'e':
		return g.erased
	case 'x':
		return g.bad
	case '-':
		return g.absent
	}
	return g.zero
}

func (g glyphs) legend() string {
	return strings.Join([]string{g.data + " data", g.zero + " zeros", g.erased + " erased (0xFF)",
		g.bad + " unreadable", g.absent + " not in the dump"}, "   ")
}

// classColors are the ANSI colours of the classes.
var classColors = map[Class]string{
	Tables: "35", Boot: "33", Firmware: "36", System: "34", Private: "31", User: "32", Other: "37", Gap: "90",
}

// strip draws a region to scale, and below it the names that fit.
func (t *text) strip(reg Region) {
	segs := t.segments(reg)
	width := t.o.Width
	var bar, run strings.Builder
	color := ""
	flush := func() {
		bar.WriteString(t.paint(color, run.String()))
		run.Reset()
	}
	label := make([]rune, 0, width)
	for x := range width {
		from := scale(int64(x), reg.Size, int64(width))
		to := max(scale(int64(x+1), reg.Size, int64(width)), from+1)
		state, seg := dominant(segs, from, to)
		if c := classColors[seg.Class]; c != color {
			flush()
			color = c
		}
		run.WriteString(t.glyphs.of(state))
	}
	flush()
	free := 0
	for _, s := range segs {
		at, end := int(scale(s.Start, int64(width), reg.Size)), int(scale(s.End, int64(width), reg.Size))
		name := t.glyphs.tick + clean(s.Name)
		n := utf8.RuneCountInString(name)
		if s.Class == Gap || s.Name == "" || at < free || at+n > end {
			continue
		}
		for len(label) < at {
			label = append(label, ' ')
		}
		label = append(label, []rune(name)...)
		free = at + n
	}
	t.line("%s", bar.String())
	if len(label) > 0 {
		t.line("%s", string(label))
	}
}

// scale returns v*to/from. Sizes are untrusted, and the product may need more than 64 bits.
func scale(v, to, from int64) int64 {
	hi, lo := bits.Mul64(uint64(v), uint64(to))
	q, _ := bits.Div64(hi, lo, uint64(from))
	return int64(q)
}

// dominant returns the segment with most of [from, to), and the state of this range: data
// anywhere in it count as data.
func dominant(segs []Segment, from, to int64) (byte, Segment) {
	var (
		best  Segment
		most  int64
		state byte = 'z'
	)
	rank := func(s byte) int { return strings.IndexByte("ze-dx", s) }
	for _, s := range segs {
		over := min(s.End, to) - max(s.Start, from)
		if over <= 0 {
			continue
		}
		if over > most {
			best, most = s, over
		}
		for _, run := range s.Runs {
			if run.Start < to && run.End > from && rank(run.State) > rank(state) {
				state = run.State
			}
		}
	}
	return state, best
}
