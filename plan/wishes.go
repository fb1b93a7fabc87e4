package plan

import (
	"fmt"
	"path"
	"strings"

	"github.com/mtkkit/mtkkit/scatter"
)

// Wishes are what the user asks of a split.
type Wishes struct {
	Only, Skip []string // name patterns (*, ?, [a-z]); case does not count
	TableNames bool     // name files after partitions throughout
}

// PatternError is a pattern that cannot be meant: malformed, or matching no partition.
type PatternError struct {
	Pattern string
	Names   []string // what there is
}

func (e *PatternError) Error() string {
	if len(e.Names) == 0 {
		return fmt.Sprintf("plan: malformed pattern %q", e.Pattern)
	}
	return fmt.Sprintf("plan: no partition matches %q", e.Pattern)
}

// wants reports whether a partition is asked for. A pattern may use the name in the
// table, its modern form (boot for BOOTIMG), or the file name.
func (w Wishes) wants(names ...string) bool {
	if len(w.Only) > 0 && !matchAny(w.Only, names) {
		return false
	}
	return !matchAny(w.Skip, names)
}

func matchAny(patterns, names []string) bool {
	for _, p := range patterns {
		if match(p, names) {
			return true
		}
	}
	return false
}

func match(pattern string, names []string) bool {
	for _, n := range names {
		if n == "" {
			continue
		}
		if ok, _ := path.Match(strings.ToLower(pattern), strings.ToLower(n)); ok {
			return true
		}
	}
	return false
}

// check refuses patterns that match nothing: a typing error there would leave out
// what the user wants, or keep what they do not. An unmatched Skip is harmless.
func (w Wishes) check(all [][]string) error {
	var flat []string
	for _, n := range all {
		flat = append(flat, n[0])
	}
	for _, p := range append(append([]string(nil), w.Only...), w.Skip...) {
		if _, err := path.Match(p, "x"); err != nil {
			return &PatternError{Pattern: p}
		}
	}
	for _, p := range w.Only {
		found := false
		for _, n := range all {
			found = found || match(p, n)
		}
		if !found {
			return &PatternError{p, flat}
		}
	}
	return nil
}

// aliases are the names under which a user may ask for a partition.
func aliases(name, file string) []string { return []string{name, scatter.Canonical(name), file} }
