package archive

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
)

// Sharing: what is the same on every phone of the model goes out, nothing else does, and
// no number that was made of it. The table of private.go says what that is,
// flash.Manifest.Public takes the rest out of the record, and Search looks at the result.

// Leak is how much of what is private was found in a shared archive.
type Leak string

// The verdicts. Identifiers and hashes are a leak; equal blocks may be chance, as file
// systems hold the same files.
const (
	Clean    Leak = "clean"
	Doubtful Leak = "doubtful" // blocks that are in a private partition, too
	Leaks    Leak = "leaks"
)

// SearchOptions say how a shared archive is searched.
type SearchOptions struct {
	OwnerKey string            // file with the owner's key; "" not to ask whose it is
	Progress func(flash.Event) // nil for none
}

// Searched is what a search of a shared archive found. It is a search, and no proof.
type Searched struct {
	Verdict  Leak
	Owner    Ownership
	Same     []string          // with Same: the partitions that tell
	For      map[leak.Kind]int // how many different patterns were searched for
	Found    map[leak.Kind]int
	Hits     []leak.Hit
	Private  []string // the partitions of the dump that are private
	Problems []flash.Problem
}

// Search looks in an archive for what is private in a dump of the same phone: identifiers,
// blocks of its private partitions, and hashes of them. The dump is best opened with the
// archive's own Table. The error is a *NothingPrivateError where there is nothing to
// search for.
func (a *Archive) Search(ctx context.Context, against *dump.Dump, opt SearchOptions) (*Searched, error) {
	record, err := a.Record()
	if err != nil {
		return nil, err
	}
	p, err := against.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	private, err := privateParts(p)
	if err != nil {
		return nil, err
	}
	if len(private) == 0 {
		return nil, &NothingPrivateError{against.Path}
	}
	s := &Searched{For: map[leak.Kind]int{}, Found: map[leak.Kind]int{}, Hits: []leak.Hit{}, Problems: []flash.Problem{}}
	for _, part := range private {
		if !slices.Contains(s.Private, part.Name) {
			s.Private = append(s.Private, part.Name)
		}
	}
	finder, err := newFinder(ctx, against, private, opt.Progress)
	if err != nil {
		return nil, err
	}
	for _, k := range leak.Kinds {
		s.For[k] = finder.Count(k)
	}
	if err := s.search(ctx, a, finder); err != nil {
		return nil, err
	}
	s.Owner, s.Same, err = owned(ctx, opt.OwnerKey, record, private)
	return s, err
}

// newFinder gathers what is searched for.
func newFinder(ctx context.Context, d *dump.Dump, private []leak.Part, progress func(flash.Event)) (*leak.Finder, error) {
	finder, err := leak.Collect(ctx, private, progress)
	if err != nil {
		return nil, err
	}
	if err := addHashes(ctx, finder, private); err != nil {
		return nil, err
	}
	if facts, err := d.Facts(); err == nil { // what cannot be planned has no rows
		for _, found := range report.FindIMEIs(facts.Rows) {
			for _, n := range found.Numbers {
				finder.AddIMEI(found.Partition, n.Digits())
			}
		}
	}
	return finder, nil
}

// addHashes makes the finder look for hashes of private bytes too: who knows the model
// guesses an IMEI from its hash.
func addHashes(ctx context.Context, finder *leak.Finder, private []leak.Part) error {
	for _, p := range private {
		if d, err := flash.NextData(p.Image, 0); err == nil && d.Length == 0 {
			continue // the hash of so many zeros is everybody's
		}
		h, plain := sha256.New(), sameBytes{}
		if err := copyTo(ctx, io.MultiWriter(h, &plain), p.Image); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if !plain.only() {
			finder.AddHash(p.Name, h.Sum(nil))
		}
	}
	return nil
}

func (s *Searched) search(ctx context.Context, a *Archive, finder *leak.Finder) error {
	members := a.Members()
	for i := range members {
		found, err := finder.Search(ctx, members[i].Name, a.Image(&members[i]))
		if err != nil {
			return err
		}
		s.Hits = append(s.Hits, found.Hits...)
		for _, k := range leak.Kinds {
			if n := found.Count[k]; n > 0 {
				s.Found[k] += n
				s.Problems = append(s.Problems, sumUp(k, n, found.Hits))
			}
		}
	}
	switch {
	case s.Found[leak.IMEI]+s.Found[leak.Serial]+s.Found[leak.Hash] > 0:
		s.Verdict = Leaks
	case s.Found[leak.Block] > 0:
		s.Verdict = Doubtful
	default:
		s.Verdict = Clean
	}
	return nil
}

// sumUp says in one line what of a kind a member holds: thousands of blocks are one fact.
func sumUp(k leak.Kind, n int, hits []leak.Hit) flash.Problem {
	const few = 3
	p := flash.Problem{Severity: flash.Error, Offset: flash.NoOffset}
	if k == leak.Block {
		p.Severity = flash.Warning
	}
	var from, at []string
	for _, h := range hits {
		if h.Kind != k {
			continue
		}
		p.Place = h.In
		if !slices.Contains(from, h.From) {
			from = append(from, h.From)
		}
		if len(at) < few {
			at = append(at, fmt.Sprintf("0x%x", h.Offset))
		}
	}
	p.Text = fmt.Sprintf("%s of %s at %s", k, strings.Join(from, ", "), strings.Join(at, ", "))
	if more := n - len(at); more > 0 {
		p.Text += fmt.Sprintf(" and %d more places", more)
	}
	return p
}

// Table is the table that the archive was made with: what was shared by it is not private
// by another. It is nil where the dump had no other than its own, and where the archive
// has lost its record.
func (a *Archive) Table() (*layout.Claim, error) {
	m, err := a.Record()
	if err != nil {
		return nil, err
	}
	return tableOf(m), nil
}

func tableOf(m *flash.Manifest) *layout.Claim {
	if m == nil || m.Table == "" || m.Table.IsOwn() {
		return nil
	}
	t := &flash.Table{Format: string(m.Table)}
	for _, e := range m.Entries {
		if e.Kind == flash.KindPartition || e.Kind == flash.KindSealed && e.Was == flash.KindPartition {
			t.Partitions = append(t.Partitions, flash.Partition{
				Index: len(t.Partitions), Name: e.Name, Region: e.Region, Extent: e.Extent,
				Type: e.Type, Operation: e.Operation, Witness: e.Witness,
			})
		}
	}
	return &layout.Claim{Name: "the archive's own table", Kind: "archive", Platform: m.Chip, Project: m.Project,
		Table: func(int64) *flash.Table { return t }}
}
