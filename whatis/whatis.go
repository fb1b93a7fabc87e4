package whatis

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// Thing is the kind of a file, with facts from the file.
type Thing struct {
	Kind     Kind
	Facts    []Fact
	Packed   bool           // it is compressed, or in an archive
	Problems flash.Problems // of the part of the file that was read
}

// Fact is one fact about the file, as text for the user.
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (t *Thing) add(key, format string, a ...any) {
	if s := fmt.Sprintf(format, a...); s != "" {
		t.Facts = append(t.Facts, Fact{key, s})
	}
}

func (t *Thing) problem(s flash.Severity, format string, a ...any) {
	t.Problems.Add(s, "", format, a...)
}

// headSize covers every magic, in bytes: the last one is that of an ISO 9660 image.
const headSize = 36 << 10

// Of returns what a file is; never nil. The name is used if the bytes are not
// sufficient; it may be "".
func Of(img flash.Image, name string) *Thing {
	if t := Front(img, name); t != nil {
		return t
	}
	head := headOf(img)
	for _, p := range packings {
		if strings.HasPrefix(string(head), p.magic) {
			return packed(img, p.kind)
		}
	}
	return OfImage(img)
}

// Front is Of for a file whose first bytes or text show that it is not a dump and
// contains none that could be opened. It returns nil for all other files, and for
// single images.
func Front(img flash.Image, name string) *Thing {
	head := headOf(img)
	switch {
	case len(head) == 0 && img.Size() == 0:
		return &Thing{Kind: Empty}
	case len(head) == 0:
		return nil // it cannot be read; opening it gives the reason
	}
	if t := ofPackage(head, name); t != nil {
		return t
	}
	if isText(head) {
		if t := ofText(img, head, name); t != nil {
			return t
		}
	}
	switch {
	case strings.HasPrefix(string(head), parityMagic):
		return &Thing{Kind: Parity}
	case da.Sniff(img):
		return agent(img)
	case strings.HasPrefix(string(head), zipMagic):
		return ofZip(img)
	}
	if k := foreign(img, head); k != "" {
		return &Thing{Kind: k}
	}
	return signing(head, img.Size(), name)
}

func headOf(img flash.Image) []byte {
	b := make([]byte, max(min(img.Size(), headSize), 0))
	n, _ := img.ReadAt(b, 0)
	return b[:n]
}

// parityMagic begins the files of package parity.
const parityMagic = "mtkkit parity 1\n"

// packing is a format in which a dump may be packed.
type packing struct {
	kind  Kind
	magic string
}

// packings are the formats in which a dump may be compressed or packed, by their first
// bytes. The members of a zip archive are checked first.
var packings = []packing{
	{Age, "age-encryption.org/"},
	{Gzip, "\x1F\x8B\x08"},
	{XZ, "\xFD7zXZ\x00"},
	{LZ4, "\x04\x22\x4D\x18"},
	{LZ4, "\x02\x21\x4C\x18"},
	{Zstd, "\x28\xB5\x2F\xFD"},
	{Zstd, "\x50\x2A\x4D\x18"},
	{Bzip2, "BZh"},
	{Zip, zipMagic},
	{Zip, "PK\x07\x08"},
	{Zip, "PK\x05\x06"},
}

func packed(img flash.Image, k Kind) *Thing {
	t := &Thing{Kind: k}
	switch k {
	case Age:
		t.recipients(img)
	case Zstd, Zip:
		if backup.Sniff(img) {
			t.Kind = Archive
		}
	}
	return t
}

// ByPassphrase is the value of the fact "opens with" for a file that was encrypted with
// a passphrase only.
const ByPassphrase = "its passphrase"

// recipients adds the number of recipients of a file, from the lines of its header.
func (t *Thing) recipients(img flash.Image) {
	if !seal.Sniff(img) {
		t.add("version", "not known")
		return
	}
	kinds := map[string]int{}
	for line := range strings.Lines(string(headOf(img))) {
		if strings.HasPrefix(line, "---") {
			break
		}
		if f := strings.Fields(line); len(f) > 1 && f[0] == "->" {
			kinds[f[1]]++
		}
	}
	switch {
	case kinds["scrypt"] > 0:
		t.add("opens with", ByPassphrase)
	case kinds["X25519"]+kinds["ssh-ed25519"]+kinds["ssh-rsa"] == 1:
		t.add("opens with", "one private key")
	case kinds["X25519"]+kinds["ssh-ed25519"]+kinds["ssh-rsa"] > 0:
		t.add("opens with", "one of %d private keys", kinds["X25519"]+kinds["ssh-ed25519"]+kinds["ssh-rsa"])
	}
}

// agent describes a file of Download Agents.
func agent(img flash.Image) *Thing {
	t := &Thing{Kind: Agent}
	c, err := da.Read(img)
	if err != nil {
		t.problem(flash.Error, "its directory cannot be read: %v", err)
		return t
	}
	t.add("name", "%s", printable(c.ID))
	codes := map[uint16]bool{}
	for _, e := range c.Entries {
		codes[e.Code] = true
	}
	t.add("chips", "%d", len(codes))
	t.Problems = append(t.Problems, c.Problems...)
	return t
}

// signing recognises the files that flash tools need beside an agent. They have the
// size of a few signatures, and public sources describe only their names.
func signing(head []byte, size int64, name string) *Thing {
	const largest = 64 << 10
	if size > largest || isText(head) {
		return nil
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".auth":
		return &Thing{Kind: AuthFile}
	case ".cert":
		return &Thing{Kind: CertFile}
	}
	return nil
}
