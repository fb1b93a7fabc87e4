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

// Sharing gives away only data that are the same on every phone of the model, and no hash of other
// data. The table in private.go decides, flash.Manifest.Public removes the rest from the record,
// and Search checks the result.

// Leak says how much private data were found in a shared archive.
type Leak string

// The values of Leak. Identifiers and hashes are a leak. Equal blocks may be chance, because
// different file systems contain the same files.
const (
	Clean    Leak = "clean"
	Doubtful Leak = "doubtful" // blocks that are in a private partition, too
	Leaks    Leak = "leaks"
)

// SearchOptions says how a shared archive is searched.
type SearchOptions struct {
	OwnerKey string            // file with the owner's key; "" for no check of the owner
	Progress func(flash.Event) // nil for none
}

// Searched is the result of a search of a shared archive. It is not a proof.
type Searched struct {
	Verdict  Leak
	Owner    Ownership
	Same     []string          // with Same: the partitions that prove it
	For      map[leak.Kind]int // number of different patterns that were searched for
	Found    map[leak.Kind]int
	Hits     []leak.Hit
	Private  []string // the partitions of the dump that are private
	Problems []flash.Problem
}

// Search searches an archive for private data of a dump of the same phone: identifiers, blocks of
// its private partitions, and their hashes. Open the dump with the archive's own Table, so that
// both have the same partitions. The error is a *NothingPrivateError if there is nothing to search
// for.
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
	s := &Searched{For: map[leak.Kind]int{}, Found: map[leak.Kind]int{}, Hits: []leak.Hit{}, Problems: slices.Concat([]flash.Problem{}, a.Problems)}
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

// newFinder collects the patterns that are searched for.
func newFinder(ctx context.Context, d *dump.Dump, private []leak.Part, progress func(flash.Event)) (*leak.Finder, error) {
	finder, err := leak.Collect(ctx, private, progress)
	if err != nil {
		return nil, err
	}
	if err := addHashes(ctx, finder, private); err != nil {
		return nil, err
	}
	if facts, err := d.Facts(); err == nil { // a dump without a plan has no facts
		for _, found := range report.FindIMEIs(facts.Rows) {
			for _, n := range found.Numbers {
				finder.AddIMEI(found.Partition, n.Digits())
			}
		}
	}
	return finder, nil
}

// addHashes makes the finder search for hashes of private bytes, too: somebody who knows the model
// can guess an IMEI from its hash.
func addHashes(ctx context.Context, finder *leak.Finder, private []leak.Part) error {
	for _, p := range private {
		if d, err := flash.NextData(p.Image, 0); err == nil && d.Length == 0 {
			continue // a hash of zeros is not private
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

// sumUp returns one problem for all hits of one kind in a member; there may be thousands.
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
		p.Text += fmt.Sprintf(" and at %d more offsets", more)
	}
	return p
}

// Table returns the table that the archive was made with. Another table could call shared data
// private. It is nil if the dump had only its own table, or if the archive has lost its record.
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
