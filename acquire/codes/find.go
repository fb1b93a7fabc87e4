package codes

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// words are what a person may paste: names, numbers with and without 0x.
var words = regexp.MustCompile(`[0-9A-Za-z_]+`)

// How much of a query is looked at: more than any message of a tool, and names as long
// as any of theirs.
const (
	maxWords = 32
	maxName  = 80
)

// Find returns the codes a query is about: a number ("4032", "0xFC0", "C0050005"), a name
// with or without its beginning ("S_FT_ENABLE_DRAM_FAIL", "enable_dram"), or a line of a
// tool's log with both. Where a name and a number agree on codes, those are all; where
// they do not, the name is believed.
func Find(query string) []Code {
	q := parse(query)
	named := filter(All(), func(c Code) bool { return slices.ContainsFunc(q.names, c.named) })
	if len(named) == 0 {
		named = filter(All(), func(c Code) bool { return slices.ContainsFunc(q.names, c.has) })
	}
	numbered := filter(All(), func(c Code) bool { return slices.Contains(q.numbers, c.Number) })
	if len(numbered) == 0 {
		numbered = filter(All(), func(c Code) bool { return slices.Contains(q.maybe, c.Number) })
	}
	if len(named) == 0 {
		return numbered
	}
	if both := filter(named, func(c Code) bool { return slices.Contains(q.all(), c.Number) }); len(both) > 0 {
		return both
	}
	return named
}

// query is what was understood of one.
type query struct {
	names   []string // upper case, without S_ and STATUS_
	numbers []uint32
	maybe   []uint32 // digits read as hexadecimal, when nothing else fits
}

func (q query) all() []uint32 { return append(slices.Clone(q.numbers), q.maybe...) }

func parse(s string) query {
	var q query
	for _, w := range words.FindAllString(s, maxWords) {
		w = strings.ToUpper(w)
		hex, isHex := strings.CutPrefix(w, "0X")
		if n, err := strconv.ParseUint(hex, 16, 32); err == nil {
			d, err := strconv.ParseUint(w, 10, 32)
			switch {
			case isHex:
				q.numbers = append(q.numbers, uint32(n))
				continue
			case err == nil:
				q.numbers = append(q.numbers, uint32(d))
				q.maybe = append(q.maybe, uint32(n))
				continue
			case len(hex) == 4 || len(hex) == 8: // 1D0D, C0050005
				q.numbers = append(q.numbers, uint32(n))
			}
		}
		if name := stem(w); len(name) > 3 && len(name) <= maxName {
			q.names = append(q.names, name)
		}
	}
	return q
}

// stem is a name without the beginning all of a tool's names have.
func stem(s string) string {
	return strings.TrimPrefix(strings.TrimPrefix(s, "STATUS_"), "S_")
}

// named reports whether name is the code's, with or without the part of the tool it
// comes from (FT_, DA_, BROM_ …).
func (c Code) named(name string) bool {
	_, short, _ := strings.Cut(c.Name, "_")
	return name == c.Name || name == short && strings.Contains(short, "_")
}

// has reports whether name is part of the code's. Single words of a log line are too
// common for that.
func (c Code) has(name string) bool {
	return strings.Contains(name, "_") && strings.Contains(c.Name, strings.Trim(name, "_"))
}

// Near returns at most n codes that a query that finds nothing may have meant.
func Near(q string, n int) []Code {
	want := parse(q)
	reach := 2
	for _, name := range want.names {
		reach = max(reach, len(name)/3)
	}
	far := map[Code]int{}
	near := filter(All(), func(c Code) bool {
		far[c] = want.distance(c)
		return far[c] <= reach
	})
	slices.SortStableFunc(near, func(a, b Code) int { return cmp.Compare(far[a], far[b]) })
	return near[:min(n, len(near))]
}

// distance is that of the best of the query's words.
func (q query) distance(c Code) int {
	best := math.MaxInt
	for _, v := range q.all() {
		best = min(best, distance(strconv.FormatUint(uint64(v), 10), strconv.FormatUint(uint64(c.Number), 10)))
		best = min(best, distance(strconv.FormatUint(uint64(v), 16), strconv.FormatUint(uint64(c.Number), 16)))
	}
	_, short, _ := strings.Cut(c.Name, "_")
	for _, name := range q.names {
		best = min(best, distance(name, c.Name), distance(name, short))
	}
	return best
}

// distance is how many characters must be changed, added or left out to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func filter(cs []Code, keep func(Code) bool) []Code {
	var out []Code
	for _, c := range cs {
		if keep(c) {
			out = append(out, c)
		}
	}
	return out
}
