package codes

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Answer is what a query is about.
type Answer struct {
	Codes    []Code
	Messages []Message // sentences without a code; only where there are no Codes

	// Unknown are names of errors that no table knows. A number beside them says nothing
	// certain then: it is another's number in each generation.
	Unknown []string

	// Others are what the query's numbers mean elsewhere, where a name says otherwise, or
	// is unknown.
	Others []Code
}

// Find returns what a query is about: a number ("4032", "0xFC0", "C0050005",
// "-1073545198"), a name with or without its beginning ("S_FT_ENABLE_DRAM_FAIL",
// "enable_dram"), a sentence of a tool, or a line of its log with several of these. Names
// do not change from one generation of tools to the next, and numbers do: where a name
// and a number agree on codes, those are all; where they do not, the name is believed.
func Find(s string) Answer {
	q := parse(s)
	var a Answer
	known := q.known()
	for _, name := range q.names {
		cs := resolve(name, q)
		for _, c := range cs {
			a.Codes = append(a.Codes, c.as(name))
		}
		if len(cs) == 0 && slices.Contains(q.asked, name) {
			a.Unknown = append(a.Unknown, name)
		}
	}
	telling := func(c Code) bool { return !c.vague() || q.gives(c.Number) }
	if len(a.Codes) > 0 && !slices.ContainsFunc(a.Codes, telling) && slices.ContainsFunc(known, telling) {
		a.Codes = known // S_DONE, status 4032
	}
	switch {
	case len(a.Codes) > 0:
	case len(a.Unknown) > 0:
		a.Others = known
		return a
	default:
		a.Codes, a.Messages = q.sentence(known)
	}
	if len(a.Codes) == 0 && len(a.Messages) == 0 {
		a.Codes = known
	}
	a.Codes = once(a.Codes)
	a.Others = differing(known, a.Codes)
	return a
}

// vague reports whether a name says nothing of what went wrong, so that a number beside it
// says more.
func (c Code) vague() bool { return c.Remedy == Nothing || c.FullName() == "STATUS_ERR" }

// known are the codes of the query's numbers: of those given as codes, if there are any.
// 0 is no error, and stands in many lines beside one. A plain number in a line is a status
// of a loader only where nothing else can be meant.
func (q query) known() []Code {
	for _, strong := range []bool{true, false} {
		var out []Code
		for _, n := range q.numbers {
			if n.strong == strong && (!n.has(0) || len(q.numbers) == 1 && len(q.names) == 0) {
				out = append(out, n.codes()...)
			}
		}
		if len(out) > 0 {
			return once(out)
		}
	}
	return nil
}

func (n number) has(v uint32) bool { return slices.Contains(n.is, v) }

// codes are those of a number, in the first reading that has any.
func (n number) codes() []Code {
	for _, v := range append(slices.Clone(n.is), n.maybe) {
		found := filter(all(), func(c Code) bool { return c.Number == v && (n.strong || !n.plain || c.Tool != Loader || v == n.maybe) })
		if len(found) > 0 && (v != 0 || n.has(0)) {
			return found
		}
	}
	return nil
}

// gives reports whether the query gives a number, however it is read.
func (q query) gives(v uint32) bool {
	return slices.ContainsFunc(q.numbers, func(n number) bool { return n.has(v) || n.maybe == v && v != 0 })
}

// resolve finds the codes of a name.
func resolve(name string, q query) []Code {
	same := filter(all(), func(c Code) bool { return c.named(name) })
	if with := filter(same, func(c Code) bool { return q.gives(c.Number) }); len(with) > 0 {
		return exactFirst(with, name)
	}
	if exact := filter(same, func(c Code) bool { return c.exactly(name) }); len(exact) > 0 {
		return exact
	}
	if stem(name) == name {
		if whole := filter(same, func(c Code) bool { return c.spelled(name) }); len(whole) > 0 {
			return whole
		}
		if len(same) > 0 {
			return same
		}
	}
	if near := filter(all(), func(c Code) bool { return q.gives(c.Number) && c.resembles(name) }); len(near) > 0 {
		return near
	}
	if q.alone == name && stem(name) == name {
		return filter(all(), func(c Code) bool { return c.has(name) })
	}
	return nil
}

// exactFirst prefers, among codes of the same number, those of exactly this name.
func exactFirst(cs []Code, name string) []Code {
	if exact := filter(cs, func(c Code) bool { return c.exactly(name) }); len(exact) > 0 {
		return exact
	}
	return cs
}

// sentence finds what a tool's own words stand for. A number that is known and given as a
// code says more than words.
func (q query) sentence(known []Code) ([]Code, []Message) {
	var cs []Code
	var ms []Message
	for _, p := range loadPhrases() {
		if !strings.Contains(" "+q.words+" ", " "+p.words) {
			continue
		}
		for _, name := range p.names {
			cs = append(cs, filter(all(), func(c Code) bool { return c.exactly(name) })...)
		}
		if p.Remedy != nil {
			m := p.Message
			m.Text = p.words
			ms = append(ms, m)
		}
	}
	strong := slices.ContainsFunc(q.numbers, func(n number) bool { return n.strong && !n.has(0) && len(n.codes()) > 0 })
	switch agree := filter(cs, func(c Code) bool { return q.gives(c.Number) }); {
	case len(agree) > 0:
		return agree, nil
	case strong:
		return known, nil
	case len(cs) > 0:
		return cs, nil
	case len(ms) > 0:
		return nil, ms[:1]
	}
	if len(known) == 0 && strings.Contains(q.words, " ") { // "DA hash mismatch" is DA_HASH_MISMATCH
		name := strings.ToUpper(strings.ReplaceAll(q.words, " ", "_"))
		return filter(all(), func(c Code) bool { return c.spelled(name) }), nil
	}
	return nil, nil
}

// differing are the codes of numbers that belong to other names than those found.
func differing(known, found []Code) []Code {
	return filter(known, func(c Code) bool {
		return !slices.ContainsFunc(found, func(f Code) bool { return f.Number == c.Number || f.aliases == c.aliases })
	})
}

// stem is a name without the beginning all of a tool's names have.
func stem(s string) string {
	return strings.TrimPrefix(strings.TrimPrefix(s, "STATUS_"), "S_")
}

// spellings are all names of a code, without the beginning.
func (c Code) spellings() []string {
	return strings.Split(c.aliases, "|")
}

// as is the code under the name that was asked for, where it has several.
func (c Code) as(name string) Code {
	if s := stem(name); c.spelled(s) {
		c.Name = s
	} else if c.spelled(name) {
		c.Name = name
	}
	return c
}

// exactly reports whether name is the code's, with its tool's beginning.
func (c Code) exactly(name string) bool {
	return slices.ContainsFunc(c.spellings(), func(s string) bool {
		return name == prefix[c.Tool]+s || c.Tool == Loader && name == "S_"+s
	})
}

// spelled reports whether name is the code's, without the beginning.
func (c Code) spelled(name string) bool { return slices.Contains(c.spellings(), name) }

// named reports whether name is the code's, with any beginning, and with or without the
// part of the tool it comes from (FT_, DA_, BROM_ …).
func (c Code) named(name string) bool {
	name = stem(name)
	return slices.ContainsFunc(c.spellings(), func(s string) bool {
		_, short, _ := strings.Cut(s, "_")
		return name == s || name == short && strings.Contains(short, "_")
	})
}

// resembles reports whether name is the code's with a slip of the pen, or a part of it;
// enough only beside the code's own number.
func (c Code) resembles(name string) bool {
	name = strings.Trim(stem(name), "_")
	if len(name) < 6 {
		return false
	}
	_, short, _ := strings.Cut(c.Name, "_")
	return strings.Contains(c.Name, name) || strings.Contains(name, c.Name) ||
		min(distance(name, c.Name), distance(name, short)) <= max(2, len(name)/6)
}

// has reports whether name is part of the code's. Single words of a log line are too
// common for that.
func (c Code) has(name string) bool {
	return strings.Contains(name, "_") && strings.Contains(c.Name, strings.Trim(name, "_"))
}

// Near returns at most n codes that a query that finds nothing may have meant.
func Near(s string, n int) []Code {
	q := parse(s)
	reach := 2
	for _, name := range q.names {
		reach = max(reach, len(stem(name))/3)
	}
	far := map[Code]int{}
	near := filter(all(), func(c Code) bool {
		far[c] = q.distance(c)
		return far[c] <= reach
	})
	slices.SortStableFunc(near, func(a, b Code) int { return cmp.Compare(far[a], far[b]) })
	return near[:min(n, len(near))]
}

// distance is that of the best of the query's words.
func (q query) distance(c Code) int {
	best := math.MaxInt
	for _, n := range q.numbers {
		for _, v := range n.is {
			best = min(best, distance(strconv.FormatUint(uint64(v), 10), strconv.FormatUint(uint64(c.Number), 10)))
			best = min(best, distance(strconv.FormatUint(uint64(v), 16), strconv.FormatUint(uint64(c.Number), 16)))
		}
	}
	_, short, _ := strings.Cut(c.Name, "_")
	for _, name := range q.names {
		if name = stem(name); len(name) > 3 {
			best = min(best, distance(name, c.Name), distance(name, short))
		}
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

// Shared is a code with all tools that have it under one number and name.
type Shared struct {
	Code
	Tools []Tool
}

// Merge lists each code once, in the order of cs.
func Merge(cs []Code) (out []Shared) {
	for _, c := range cs {
		i := slices.IndexFunc(out, func(s Shared) bool { return s.String() == c.String() })
		if i < 0 {
			i, out = len(out), append(out, Shared{Code: c})
		}
		out[i].Tools = append(out[i].Tools, c.Tool)
	}
	return out
}

// Clash reports whether one number stands for several names.
func Clash(cs []Code) bool {
	return slices.ContainsFunc(cs, func(c Code) bool { return c.Number == cs[0].Number && c.Name != cs[0].Name })
}

// once keeps the first of equal codes.
func once(cs []Code) []Code {
	var out []Code
	for _, c := range cs {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
