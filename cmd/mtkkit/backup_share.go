package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
)

// Sharing: what is the same on every phone of the model goes out, nothing else does,
// and no number that was made of it. How: plan.Wishes.Share leaves it out, Manifest.Public
// takes the rest out of the record, and verify --share searches the result.

// shareFlags are those of verify that search a shared archive.
func shareFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "share", Usage: "is anything private in it? Needs --against"},
		&cli.StringFlag{Name: "against", Usage: "`DUMP` of the same phone, whose secrets are searched for"},
		&cli.StringFlag{Name: "scatter", Usage: "scatter `FILE` of this phone (default: the table that the archive was made with)"},
		noSiblingsFlag(),
		ownerKeyFlag("with --share: `FILE` with the owner's key; is the archive of the phone in DUMP?"),
		keyFlag(),
	}
}

func checkShareFlags(c *cli.Context) error {
	if c.Bool("share") != (c.String("against") != "") {
		return usage("mtkkit backup verify: --share and --against DUMP go together")
	}
	if c.IsSet("owner-key") && !c.Bool("share") {
		return usage("mtkkit backup verify: --owner-key goes with --share")
	}
	return nil
}

// sharedWords lists what a shared archive leaves out.
func sharedWords(p *plan.Plan) string {
	var names []string
	for _, it := range p.OfThisPhone() {
		if it.Kind != "gap" {
			names = append(names, it.Name)
		}
	}
	return fmt.Sprintf("left out, as it is of this phone or may be: %s, what lies between partitions, hashes of the whole, and the blocks map", strings.Join(names, " "))
}

// shared packs what says nothing of this one phone.
func (j *backupJob) shared(c *cli.Context, p *plan.Plan) error {
	j.outputs = p.Outputs()
	j.first = []flash.Output{{Name: p.ScatterName, Image: bytes.NewReader(p.Scatter())}}
	j.record = p.Record("").Public(func(string) bool { return false }) // what is private is left out already
	j.notes = append(j.notes, sharedWords(p), "mtkkit backup verify --share --against DUMP searches it for what is private in the dump")
	return j.sign(c, p)
}

// shareDoc is the JSON document of verify --share.
type shareDoc struct {
	Schema    string            `json:"schema"`
	Path      string            `json:"path"`
	Against   string            `json:"against"`
	Verdict   string            `json:"verdict"`         // "clean", "doubtful" or "leaks"
	Owner     string            `json:"owner,omitempty"` // with --owner-key: of the phone in Against? "same", "other" or "unsigned"
	Searched  map[leak.Kind]int `json:"searched_for"`
	Found     map[leak.Kind]int `json:"found"`
	Hits      []leak.Hit        `json:"hits"`
	Partition []string          `json:"private_partitions"`
	Problems  []flash.Problem   `json:"problems"`
}

// verifyShare searches an archive for what is private in a dump of the same phone.
func verifyShare(c *cli.Context, u *ui, a *archive) error {
	record, err := a.manifest()
	if err != nil {
		return err
	}
	d, err := openWith(c.Context, u, bridge(c), func(o *dump.Options) {
		o.Image, o.Recorded, o.Alone = true, claimOf(record), o.Alone || record != nil
	}, c.String("against"))
	if err != nil {
		return err
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return err
	}
	doc := shareDoc{Schema: "mtkkit.share/1", Path: a.path, Against: d.Path, Verdict: "clean",
		Searched: map[leak.Kind]int{}, Found: map[leak.Kind]int{}, Hits: []leak.Hit{}, Problems: []flash.Problem{}}
	private := ofThisPhone(p)
	for _, part := range private {
		doc.Partition = append(doc.Partition, part.Name)
	}
	if len(private) == 0 {
		return hinted{fmt.Errorf("%s: no partition of it is known to be private, so there is nothing to search for", d.Path),
			[]string{"give this phone's scatter file with --scatter FILE"}}
	}
	finder, err := leak.Collect(c.Context, private, u.bars.event)
	if err != nil {
		return err
	}
	if err := addHashes(c, finder, private); err != nil {
		return err
	}
	if facts, err := d.Facts(); err == nil { // what cannot be planned has no rows
		for _, found := range report.FindIMEIs(facts.Rows) {
			for _, n := range found.Numbers {
				finder.AddIMEI(found.Partition, n.Digits())
			}
		}
	}
	for _, k := range leak.Kinds {
		doc.Searched[k] = finder.Count(k)
	}
	if err := doc.search(c, a, finder); err != nil {
		return err
	}
	u.bars.clear()
	if doc.Owner, err = owned(c, u, a, private); err != nil {
		return err
	}
	return doc.say(u)
}

// claimOf is the table that an archive was made with: what was shared by it is not private
// by another. It is nil where the dump had no other than its own.
func claimOf(m *flash.Manifest) *layout.Claim {
	if m == nil || m.Table == "" || m.Table.IsOwn() {
		return nil
	}
	t := &flash.Table{Format: string(m.Table)}
	for _, e := range m.Entries {
		if e.Kind == "partition" || e.Kind == flash.KindSealed && e.Was == "partition" {
			t.Partitions = append(t.Partitions, flash.Partition{
				Index: len(t.Partitions), Name: e.Name, Region: e.Region, Extent: e.Extent,
				Type: e.Type, Operation: e.Operation, Witness: e.Witness,
			})
		}
	}
	return &layout.Claim{Name: "the archive's own table", Kind: "archive", Platform: m.Chip, Project: m.Project,
		Table: func(int64) *flash.Table { return t }}
}

// addHashes makes the finder look for hashes of private bytes too: who knows the model
// guesses an IMEI from its hash.
func addHashes(c *cli.Context, finder *leak.Finder, private []leak.Part) error {
	for _, p := range private {
		if d, err := flash.NextData(p.Image, 0); err == nil && d.Length == 0 {
			continue // the hash of so many zeros is everybody's
		}
		h, plain := sha256.New(), sameBytes{}
		if _, err := io.Copy(io.MultiWriter(h, &plain), ctxReader{c.Context, io.NewSectionReader(p.Image, 0, p.Image.Size())}); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if !plain.only() {
			finder.AddHash(p.Name, h.Sum(nil))
		}
	}
	return nil
}

func (doc *shareDoc) search(c *cli.Context, a *archive, finder *leak.Finder) error {
	members := a.Members()
	for i := range members {
		found, err := finder.Search(c.Context, members[i].Name, a.Image(&members[i]))
		if err != nil {
			return err
		}
		doc.Hits = append(doc.Hits, found.Hits...)
		for _, k := range leak.Kinds {
			if n := found.Count[k]; n > 0 {
				doc.Found[k] += n
				doc.Problems = append(doc.Problems, sumUp(k, n, found.Hits))
			}
		}
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

// say gives the verdict: identifiers and hashes are a leak; equal blocks may be chance,
// as file systems hold the same files.
func (doc *shareDoc) say(u *ui) error {
	secrets := doc.Found[leak.IMEI] + doc.Found[leak.Serial] + doc.Found[leak.Hash]
	switch {
	case secrets > 0:
		doc.Verdict = "leaks"
	case doc.Found[leak.Block] > 0:
		doc.Verdict = "doubtful"
	}
	if u.json {
		if err := u.document(doc); err != nil {
			return err
		}
	}
	u.problems(doc.Problems)
	u.say("searched for: digits that can be an IMEI: %d, texts that can be serial numbers: %d, blocks of 64 bytes: %d, hashes: %d (of %s)",
		doc.Searched[leak.IMEI], doc.Searched[leak.Serial], doc.Searched[leak.Block], doc.Searched[leak.Hash], strings.Join(doc.Partition, " "))
	switch doc.Verdict {
	case "leaks":
		return errors.New("do not share this file: it holds what identifies the phone, as named above")
	case "doubtful":
		u.say("found: blocks that are the same in a private partition; look at them before this is shared")
		return errProblems
	}
	u.say("nothing of that was found: a search, not a proof (what is packed or encrypted once more is not seen)")
	return nil
}

// sameBytes notices whether all that is written to it is one byte again and again.
type sameBytes struct {
	first []byte
	mixed bool
}

func (s *sameBytes) Write(b []byte) (int, error) {
	if len(s.first) == 0 && len(b) > 0 {
		s.first = []byte{b[0]}
	}
	s.mixed = s.mixed || len(b) > 0 && !flash.IsFill(b, s.first[0])
	return len(b), nil
}

func (s *sameBytes) only() bool { return !s.mixed }

// ctxReader ends reading when the user does not want it any more.
type ctxReader struct {
	ctx context.Context
	io.Reader
}

func (r ctxReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}
