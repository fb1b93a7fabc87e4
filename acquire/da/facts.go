package da

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// Facts are what the bytes of an agent say, in addition to the directory.
type Facts struct {
	Stages   []StageFacts // of regions[1] and regions[2], as far as the entry has them
	Binding  Binding
	Problems flash.Problems
}

// StageFacts are what the bytes of one stage say.
type StageFacts struct {
	Stage
	SHA256 string // with its signature
	Built  string // "Aug 12 2018 16:39:31", as the compiler wrote it; "" if it is not found
	Signed bool   // it ends with a signature; whether a phone accepts that, only the phone knows
}

// Binding is how the first stage recognizes the second: it has the hash of it.
type Binding struct {
	Hash   string `json:"hash"`             // "SHA-1", "SHA-256", "none found"
	Value  string `json:"value,omitempty"`  // of the hash, hexadecimal
	Offset int64  `json:"offset,omitempty"` // of the hash in the file
	Covers string `json:"covers,omitempty"` // the hashed bytes of the second stage
}

// NoHash is the Binding.Hash of an agent whose first stage has no known hash of the second.
const NoHash = "none found"

// unbound are the codes of agents whose first stage is known to have no hash of the second.
var unbound = []uint16{0x6571, 0x6573, 0x6575, 0x6577, 0x6583, 0x8135}

// Facts reads the stages of an entry.
func (c *Container) Facts(entry int) (*Facts, error) {
	e := c.Entries[entry]
	f := &Facts{Binding: Binding{Hash: NoHash}}
	place := fmt.Sprintf("agent for chip 0x%x", e.Code)
	if len(e.Regions) < 3 {
		f.Problems.Add(flash.Warning, place, "it has %d regions, and 3 are needed: a phone cannot be started with it", len(e.Regions))
	}
	var stages [][]byte
	for _, s := range e.Regions[min(1, len(e.Regions)):min(3, len(e.Regions))] {
		b, err := c.bytes(s)
		if err != nil {
			return nil, err
		}
		stages = append(stages, b)
		f.Stages = append(f.Stages, factsOf(s, b))
		if flash.IsZero(b) {
			f.Problems.AddAt(flash.Error, place, s.Offset, "the stage that is loaded at 0x%x has only zeros", s.Address)
		}
	}
	if len(stages) < 2 {
		return f, nil
	}
	f.Binding = bind(e.Regions[1], stages[0], e.Regions[2], stages[1])
	if f.Binding.Hash == NoHash && !slices.Contains(unbound, e.Code) {
		f.Problems.AddAt(flash.Warning, place, e.Regions[2].Offset,
			"the first stage has no hash of this second stage: one of them was changed, or they are of two files; the phone will refuse the second")
	}
	return f, nil
}

func factsOf(s Stage, b []byte) StageFacts {
	sum := sha256.Sum256(b)
	sig := b[len(b)-s.Signature:]
	filler := len(sig) == 0 || bytes.Count(sig, sig[:1]) == len(sig) // a place for a signature
	return StageFacts{Stage: s, SHA256: hex.EncodeToString(sum[:]), Built: buildTime(b), Signed: !filler}
}

// built matches the date and the time that a compiler writes (__DATE__, __TIME__), one after the
// other, and what follows. A library that was built earlier begins with its name.
var built = regexp.MustCompile(`((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 1-3][0-9] 20[0-9]{2})\x00{1,4}([0-2][0-9]:[0-5][0-9]:[0-5][0-9])\x00+(\[LIB\])?`)

// buildTime returns when an agent was built, "" if its bytes do not say it.
func buildTime(b []byte) string {
	for _, m := range built.FindAllSubmatch(b, 16) {
		if m[3] == nil {
			return fmt.Sprintf("%s %s", m[1], m[2])
		}
	}
	return ""
}

// bind finds the hash of the second stage in the first.
func bind(s1 Stage, first []byte, s2 Stage, second []byte) Binding {
	body := second[:len(second)-s2.Signature]
	for _, part := range []struct {
		covers string
		bytes  []byte
	}{{"without its signature", body}, {"with its signature", second}} {
		short, long := sha1.Sum(part.bytes), sha256.Sum256(part.bytes)
		for _, h := range []struct {
			name string
			sum  []byte
		}{{"SHA-256", long[:]}, {"SHA-1", short[:]}} {
			if i := bytes.Index(first, h.sum); i >= 0 {
				return Binding{h.name, hex.EncodeToString(h.sum), s1.Offset + int64(i), part.covers}
			}
		}
	}
	return Binding{Hash: NoHash}
}

// dated matches the date in the id of a container: MTK_AllInOne_DA_v3.3001.2018/08/21.13:52_448808,
// MTK_DA_v6_2024-10-31 11:18:15.
var dated = regexp.MustCompile(`(20[0-9]{2})[-/.]([01][0-9])[-/.]([0-3][0-9])`)

// Date returns the date in the container's id, 2018-08-21, or "" if it has none.
func (c *Container) Date() string {
	m := dated.FindStringSubmatch(c.ID)
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%s-%s-%s", m[1], m[2], m[3])
}
