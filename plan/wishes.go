package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/scatter"
)

// Wishes is what the user wants from a split.
type Wishes struct {
	Only, Skip []string // name patterns (*, ?, [a-z]); upper and lower case are equal
	TableNames bool     // name all files after partitions
	Slot       string   // "a" or "b": only this slot; "": both
	Userdata   Userdata // how much of userdata is kept

	// Keep selects among the items that the other wishes leave: false leaves an item out. Nil keeps
	// all.
	Keep func(*Item) bool
}

// Userdata says how much is kept of the partition with the owner's data. It is most of a dump,
// and is encrypted on phones since 2015.
type Userdata string

// The values of Userdata.
const (
	UserdataFull Userdata = ""     // all of it
	UserdataHead Userdata = "head" // only its ends: superblock and crypto footer
	UserdataSkip Userdata = "skip" // nothing
)

// The ends of userdata that UserdataHead keeps, bytes. The first has the superblock and the
// first checkpoint of a file system. The footer of full-disk encryption is in the last 16 KiB
// (AOSP vold, cryptfs.h).
const (
	userdataHead = 4 << 20
	userdataTail = 1 << 20
)

// PatternError reports a pattern that is malformed or matches no partition.
type PatternError struct {
	Pattern string
	Names   []string // the names that exist
	Why     string   // what is wrong with it, "" if no partition has that name
}

func (e *PatternError) Error() string {
	if e.Why != "" {
		return fmt.Sprintf("plan: %q: %s", e.Pattern, e.Why)
	}
	if len(e.Names) == 0 {
		return fmt.Sprintf("plan: malformed pattern %q", e.Pattern)
	}
	return fmt.Sprintf("plan: no partition matches %q", e.Pattern)
}

// wants reports whether a partition is wanted. A pattern may use the name in the table, its
// modern form (boot for BOOTIMG), the file name, or the name without its slot (boot for boot_a
// and boot_b).
func (w Wishes) wants(names ...string) bool {
	if len(w.Only) > 0 && !matchAny(w.Only, names) {
		return false
	}
	return !matchAny(w.Skip, names)
}

// Wants reports whether Only and Skip want the partition with a name. Unlike Select, it does not refuse a
// pattern that matches nothing.
func (w Wishes) Wants(name string) bool { return w.wants(aliases(name, "")...) }

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

// ErrNothing means that the wishes leave nothing to write.
var ErrNothing = errors.New("plan: these options leave nothing to write")

// check refuses patterns that match nothing: with a typing error, a wanted partition would be
// left out, or an unwanted one kept. The same is true of a wish about userdata if the table does
// not name userdata.
func (w Wishes) check(all [][]string) error {
	var flat []string
	for _, n := range all {
		flat = append(flat, n[0])
	}
	for _, p := range slices.Concat(w.Only, w.Skip) {
		if _, err := path.Match(p, "x"); err != nil {
			return &PatternError{Pattern: p}
		}
	}
	meant := slices.Concat(w.Only, w.Skip)
	if w.Userdata != UserdataFull {
		meant = append(meant, "userdata")
	}
	for _, p := range meant {
		found := false
		for _, n := range all {
			found = found || match(p, n)
		}
		if !found {
			return &PatternError{Pattern: p, Names: flat}
		}
	}
	return nil
}

// aliases returns the names that a user may use for a partition.
func aliases(name, file string) []string {
	all := []string{name, scatter.Canonical(name), file}
	if base, slot := cutSlot(name); slot != "" {
		all = append(all, base)
	}
	return all
}

// cutSlot removes the slot from a partition's modern name: boot_a is boot in slot a.
func cutSlot(name string) (base, part string) { return slot.Cut(scatter.Canonical(name)) }

// Select returns a function that reports whether Only and Skip select an entry of a record. The
// error is a *PatternError.
func (w Wishes) Select(entries []flash.ManifestEntry) (func(*flash.ManifestEntry) bool, error) {
	var all [][]string
	for _, e := range entries {
		all = append(all, aliases(e.Name, e.File))
	}
	if err := w.check(all); err != nil {
		return nil, err
	}
	return func(e *flash.ManifestEntry) bool {
		return w.wants(aliases(e.Name, e.File)...) && !(e.Kind == flash.KindGap && len(w.Only) > 0)
	}, nil
}
