package backup

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// An archive says the same in several places, and somebody may have changed one of them:
//
//	witness       name  size  holes  sha-256
//	index          ×     ×     ×      ×      in a zip archive, without a hash: the directory
//	tar header     ×     ×     ×             in a zip archive: the local header
//	manifest       ×     ×            ×
//	SHA256SUMS     ×                  ×
//
// They are compared when the archive is opened. A contradiction is a Problem, and what most
// witnesses say is used: the index is the one that no other tool reads.

// agreement is the comparison of one archive.
type agreement struct {
	a        *Archive
	heads    []string // the name in the header of each member; "" if it cannot be read
	manifest *Member  // nil if it cannot be read
	sumsFile *Member  // the same for SHA256SUMS
	record   map[string]flash.ManifestFile
	sums     map[string]string
	proofs   int // members that were read to choose their names
}

// agree compares the witnesses of an archive.
func (a *Archive) agree() {
	c := &agreement{a: a, heads: make([]string, len(a.index.Members))}
	for i := range a.index.Members {
		switch m := &a.index.Members[i]; {
		case a.IsZip():
			c.zipHead(m)
		case !a.rebuilt:
			c.heads[i] = c.head(m)
		}
	}
	c.readManifest()
	c.readSums()
	c.name()
	if c.manifest == nil {
		a.readDraft()
	}
	for i := range a.index.Members {
		if m := &a.index.Members[i]; m != c.manifest && m != c.sumsFile && m.Name != flash.DraftName {
			c.prove(m)
		}
	}
	c.tellMissing()
}

func (c *agreement) tell(m *Member, format string, args ...any) {
	m.contradicted = true
	c.a.tell(flash.Error, m.Name, flash.NoOffset, format, args...)
}

// head compares a member with its headers, and returns the name in them.
func (c *agreement) head(m *Member) string {
	b, err := c.a.frame(frame{at: m.at, length: m.Head})
	if err == nil && bytes.Equal(b, memberHead(m, c.a.index.Created)) {
		return m.Name
	}
	var h *Member
	if err == nil {
		h, err = parseHead(b)
	}
	if err != nil {
		c.tell(m, "its headers (frame at 0x%x of the archive) are damaged, so tar does not find it: %v", m.at, err)
		return ""
	}
	switch {
	case h.Size != m.Size || !slices.Equal(h.Data, m.Data):
		c.tell(m, "the index is wrong about its size or holes: 0x%x bytes, and 0x%x in its headers (frame at 0x%x of the archive)", m.Size, h.Size, m.at)
		m.reshape(h)
	case h.Name == m.Name:
		c.tell(m, "the index is wrong: its headers (frame at 0x%x of the archive) differ from it", m.at)
	}
	return h.Name
}

// reshape gives a member the size and holes of its headers. If the frames do not fit, nothing of
// it can be read.
func (m *Member) reshape(h *Member) {
	if countWindows(h.Data) != int64(len(m.Chunks)) {
		m.doubt = &doubt{err: errors.New("the index and its headers contradict each other")}
		m.doubt.once.Do(func() {})
		return
	}
	m.Size, m.Data = h.Size, h.Data
	m.windows = windowsOf(m.Size, m.Data)
	for i := range m.Chunks {
		c := &m.Chunks[i]
		from, to := m.linked(i)
		if !from {
			c.From = ""
		}
		if !to {
			c.To = ""
		}
	}
}

// find returns the member with a name, by its headers, or else by the index.
func (c *agreement) find(name string) *Member {
	for i, head := range c.heads {
		if strings.EqualFold(head, name) {
			return &c.a.index.Members[i]
		}
	}
	return c.a.Member(name)
}

// readManifest reads the archive's own manifest.
func (c *agreement) readManifest() {
	m := c.find(flash.ManifestName)
	if m == nil {
		return
	}
	r, err := flash.ReadManifest(io.NewSectionReader(c.a.Image(m), 0, m.Size))
	if err != nil {
		c.tell(m, "cannot be read, so nothing is compared with it: %v", err)
		return
	}
	c.manifest, c.record = m, make(map[string]flash.ManifestFile, len(r.Files))
	for _, f := range r.Files {
		c.record[f.Name] = f
	}
}

// readSums reads the archive's own list of sums.
func (c *agreement) readSums() {
	m := c.find(flash.SumsName)
	if m == nil {
		return
	}
	c.sumsFile = m
	sums, err := flash.DecodeSums(io.NewSectionReader(c.a.Image(m), 0, m.Size))
	if err == nil && len(sums.Strange) > 0 {
		err = fmt.Errorf("line %d is not a sum", sums.Strange[0])
	}
	if err != nil {
		c.tell(m, "cannot be read, so nothing is compared with it: %v", err)
		return
	}
	c.sums = sums.Of
}

// name gives each member its name where index and header differ.
func (c *agreement) name() {
	names := make([]string, len(c.heads))
	for i, head := range c.heads {
		m := &c.a.index.Members[i]
		names[i] = m.Name
		if head != "" && head != m.Name {
			names[i] = c.choose(m, head)
			c.tell(m, "the index names %q where the archive's header names %q; it is read as %q", m.Name, head, names[i])
		}
	}
	seen := map[string]bool{}
	for _, n := range names {
		if seen[strings.ToLower(n)] {
			c.a.tell(flash.Error, n, flash.NoOffset, "is in the archive twice, by its headers; the names of the index are used")
			return
		}
		seen[strings.ToLower(n)] = true
	}
	for i := range names {
		c.a.index.Members[i].Name = names[i]
	}
}

// choose returns the name of a member that has another one in its header than in the index: the
// name for which the manifest or SHA256SUMS has its hash, or else the one of the header, which all
// other tools use.
func (c *agreement) choose(m *Member, head string) string {
	switch {
	case m == c.manifest:
		return flash.ManifestName
	case m == c.sumsFile:
		return flash.SumsName
	}
	if (c.record[m.Name].SHA256 == m.SHA256 || c.sums[m.Name] == m.SHA256) && c.record[head].SHA256 != m.SHA256 && c.ends(m) {
		return m.Name
	}
	for _, name := range []string{head, m.Name} {
		if _, ok := c.record[name]; ok {
			return name
		}
	}
	return head
}

// maxProofs is the number of members that are read to choose their names.
const maxProofs = 64

// ends reports whether the last chunk of a member has the hash that the index tells. Otherwise the
// index may lie about both.
func (c *agreement) ends(m *Member) bool {
	c.proofs++
	return c.proofs <= maxProofs && c.a.proveEnd(m) == nil
}

// prove compares the hash of a member in the index, the manifest and SHA256SUMS. Two that agree
// are believed. Without them no hash is certain: the one that others than this program read is
// used.
func (c *agreement) prove(m *Member) {
	file, listed := c.record[m.Name]
	sum := c.sums[m.Name]
	if listed && file.Size != m.Size {
		c.tell(m, "has 0x%x bytes in the archive, but 0x%x in the manifest", m.Size, file.Size)
	}
	switch {
	case c.manifest != nil && !listed && !c.a.IsZip(): // people pack other files into a zip
		c.tell(m, "is in the archive, but not in its manifest")
	case file.SHA256 != "" && sum != "" && sum != file.SHA256:
		c.tell(m, "the manifest has sha-256 %s, but %s has %s", short(file.SHA256), flash.SumsName, short(sum))
	case file.SHA256 != "" && sum == "" && len(c.sums) > 0:
		c.tell(m, "is not in %s", flash.SumsName)
	}
	want := cmp.Or(file.SHA256, sum)
	if sum != "" && sum == m.SHA256 {
		want = sum
	}
	switch {
	case want == "" || want == m.SHA256 || c.a.rebuilt: // without an index, nothing proves single chunks
	case m.SHA256 == "":
		m.SHA256 = want
	default:
		c.tell(m, "the index has sha-256 %s, but the archive's own records have %s", short(m.SHA256), short(want))
		m.SHA256 = want
		if m.doubt == nil {
			m.doubt = &doubt{}
		}
	}
}

// tellMissing names the files that the manifest lists and the archive does not have.
func (c *agreement) tellMissing() {
	for _, name := range slices.Sorted(keysOf(c.record)) {
		if c.a.Member(name) == nil {
			c.a.tell(flash.Error, name, flash.NoOffset, "is in the manifest, but not in the archive")
		}
	}
	for _, name := range slices.Sorted(keysOf(c.sums)) {
		if _, ok := c.record[name]; !ok && c.manifest != nil {
			c.a.tell(flash.Error, name, flash.NoOffset, "is in %s, but not in the manifest", flash.SumsName)
		}
	}
}

// keysOf returns the keys of a map.
func keysOf[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// short returns the start of a hash, for messages.
func short(sum string) string {
	if len(sum) > 16 {
		return sum[:16] + "…"
	}
	return sum
}

// doubt is the proof of a member for which the index had another hash than the archive's records.
// The states of the chunks are then not certain either: the chain of states must end in the hash.
type doubt struct {
	once sync.Once
	err  error
}

// trusts returns an error if nothing of a member can be believed.
func (a *Archive) trusts(m *Member) error {
	if m.doubt == nil {
		return nil
	}
	m.doubt.once.Do(func() { m.doubt.err = a.proveEnd(m) })
	if m.doubt.err == nil {
		return nil
	}
	return &ChunkError{m.Name, flash.Extent{Length: m.Size}, m.at, m.doubt.err}
}

// maxEnd is the largest hole at the end of a member that proveEnd hashes, bytes: some minutes.
const maxEnd = 64 << 30

// proveEnd proves that the states of a member lead to its hash, by its last chunk.
func (a *Archive) proveEnd(m *Member) error {
	h, end := sha256.New(), int64(0)
	if i := len(m.Chunks) - 1; i >= 0 {
		_, plain, err := a.unpackOnly(m, i, nil, nil)
		if err != nil {
			return err
		}
		w := m.windows[i]
		h = hashFrom(m.before(i), w.Offset)
		addZeros(h, w.End()-addWindow(h, w, plain, w.Offset))
		end = w.End()
	}
	if m.Size-end > maxEnd {
		return fmt.Errorf("the index is wrong about its hash, and %s of zeros at its end are too much to hash", flash.Size(m.Size-end))
	}
	addZeros(h, m.Size-end)
	if got := hex.EncodeToString(h.Sum(nil)); got != m.SHA256 {
		return fmt.Errorf("its bytes have sha-256 %s by the index, but the archive's own records have %s", short(got), short(m.SHA256))
	}
	return nil
}
