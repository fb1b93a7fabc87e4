package codes

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Answer is the result of a query.
type Answer struct {
	Codes    []Code
	Messages []Message // sentences without a code; only if Codes is empty

	// Unknown are names of errors that are in no table. Then a number beside them is not certain
	// either, because it has other meanings in other generations.
	Unknown []string

	// Others are the codes of the query's numbers in other generations, if a name in the query
	// disagrees or is unknown.
	Others []Code
}

// Find returns the codes for a query: a number ("4032", "0xFC0", "C0050005", "-1073545198"), a name
// with or without its prefix ("S_FT_ENABLE_DRAM_FAIL", "enable_dram"), a sentence of a tool, or a
// line of its log with several of these. Names are the same in all generations of tools, but
// numbers are not: if a name and a number agree on codes, the answer has only these; if they
// disagree, the name decides.
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

// vague reports whether a name does not tell the error, so that a number beside it tells more.
func (c Code) vague() bool { return c.Remedy == Nothing || c.FullName() == "STATUS_ERR" }

// known returns the codes of the query's numbers: of those that are marked as codes, if there are
// any. 0 means no error and is in many lines beside an error, so it counts only alone. A plain
// number in a line counts as a loader's status only if it has no other meaning.
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

// codes returns the codes of a number, for the first interpretation that has any.
func (n number) codes() []Code {
	for _, v := range append(slices.Clone(n.is), n.maybe) {
		found := filter(all(), func(c Code) bool { return c.Number == v && (n.strong || !n.plain || c.Tool != Loader || v == n.maybe) })
		if len(found) > 0 && (v != 0 || n.has(0)) {
			return found
		}
	}
	return nil
}

// gives reports whether the query contains a number, in any interpretation.
func (q query) gives(v uint32) bool {
	return slices.ContainsFunc(q.numbers, func(n number) bool { return n.has(v) || n.maybe == v && v != 0 })
}

// resolve returns the codes of a name.
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

// exactFirst returns the codes with exactly this name, or all if there are none.
func exactFirst(cs []Code, name string) []Code {
	if exact := filter(cs, func(c Code) bool { return c.exactly(name) }); len(exact) > 0 {
		return exact
	}
	return cs
}

// sentence returns the codes or messages of a tool's sentence. A known number that is marked as a
// code takes precedence over the sentence.
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

// differing returns the known codes whose names are not among those found.
func differing(known, found []Code) []Code {
	return filter(known, func(c Code) bool {
		return !slices.ContainsFunc(found, func(f Code) bool { return f.Number == c.Number || f.aliases == c.aliases })
	})
}

// stem returns a name without its tool's prefix.
func stem(s string) string {
	return strings.TrimPrefix(strings.TrimPrefix(s, "STATUS_"), "S_")
}

// spellings returns all names of a code, without the prefix.
func (c Code) spellings() []string {
	return strings.Split(c.aliases, "|")
}

// as returns the code with the name of the query, if the code has several names.
func (c Code) as(name string) Code {
	if s := stem(name); c.spelled(s) {
		c.Name = s
	} else if c.spelled(name) {
		c.Name = name
	}
	return c
}

// exactly reports whether name is a name of the code, with its tool's prefix.
func (c Code) exactly(name string) bool {
	return slices.ContainsFunc(c.spellings(), func(s string) bool {
		return name == prefix[c.Tool]+s || c.Tool == Loader && name == "S_"+s
	})
}

// spelled reports whether name is a name of the code, without the prefix.
func (c Code) spelled(name string) bool { return slices.Contains(c.spellings(), name) }

// named reports whether name is a name of the code, with any prefix, and with or without the part
// for the tool's component (FT_, DA_, BROM_ …).
func (c Code) named(name string) bool {
	name = stem(name)
	return slices.ContainsFunc(c.spellings(), func(s string) bool {
		_, short, _ := strings.Cut(s, "_")
		return name == s || name == short && strings.Contains(short, "_")
	})
}

// resembles reports whether name is a name of the code with a typing error, or a part of it. This
// is enough only beside the code's own number.
func (c Code) resembles(name string) bool {
	name = strings.Trim(stem(name), "_")
	if len(name) < 6 {
		return false
	}
	_, short, _ := strings.Cut(c.Name, "_")
	return strings.Contains(c.Name, name) || strings.Contains(name, c.Name) ||
		min(distance(name, c.Name), distance(name, short)) <= max(2, len(name)/6)
}

// has reports whether name is a part of the code's name. Single words without _ do not count,
// because they are too common in logs.
func (c Code) has(name string) bool {
	return strings.Contains(name, "_") && strings.Contains(c.Name, strings.Trim(name, "_"))
}

// Near returns at most n codes that are similar to a query without result.
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

// distance returns the smallest distance of the query's words to the code.
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

// distance returns how many characters must be changed, added or removed to make b from a.
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

// Shared is a code with all tools that have it with the same number and name.
type Shared struct {
	Code
	Tools []Tool
}

// Merge returns each code once, in the order of cs.
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

// Clash reports whether the first number belongs to several names.
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
