package whatis

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// isText reports whether a file begins like text: in UTF-8 or Latin-1 without control
// characters, or in UTF-16 with its byte order mark.
func isText(b []byte) bool {
	if bytes.HasPrefix(b, []byte{0xFF, 0xFE}) && len(b) > 3 || bytes.HasPrefix(b, []byte{0xFE, 0xFF}) && len(b) > 3 {
		return !bytes.Contains(b[2:], []byte{0, 0}) && bytes.IndexByte(b, 0) > 0
	}
	high := 0
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1B || c == 0x7F {
			return false
		}
		if c >= utf8.RuneSelf {
			high++
		}
	}
	return len(b) > 0 && (high < len(b)/3 || utf8.Valid(b[:lastStart(b)]))
}

// lastStart returns the start of the last character of b, because the part of a file
// that was read may end within a character.
func lastStart(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			return i
		}
	}
	return len(b)
}

// sumLine is a line of sha256sum.
var sumLine = regexp.MustCompile(`^[0-9a-fA-F]{64} [ *].`)

// ofText returns the kind of a text, also of another program; nil for kinds that are
// recognised better by their magic.
func ofText(img flash.Image, head []byte, name string) *Thing {
	text := strings.TrimLeft(strings.TrimPrefix(string(head), "\uFEFF"), " \t\r\n")
	lower := strings.ToLower(text[:min(len(text), 64)])
	switch {
	case strings.HasPrefix(lower, "version https://git-lfs"):
		return lfs(text)
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"):
		return page(text)
	case strings.HasPrefix(text, "mtkkit-journal/"):
		return journal(text)
	case sumLine.MatchString(text):
		return sums(img)
	case mapfile.Sniff(img):
		return rescueMap(img)
	case strings.HasPrefix(text, "#!"):
		return &Thing{Kind: OtherProgram}
	case transferList.MatchString(text):
		return &Thing{Kind: TransferList}
	case ageKey.MatchString(text):
		return &Thing{Kind: PrivateKey, Facts: []Fact{{"form", "age"}}}
	case sshKey.MatchString(text):
		return &Thing{Kind: PrivateKey, Facts: []Fact{{"form", "ssh"}}}
	}
	if t := ofJSON(img, text); t != nil {
		return t
	}
	if k := foreign(img, head); k != "" {
		return &Thing{Kind: k}
	}
	if strings.HasPrefix(text, "age-encryption.org/") {
		return nil // an age header for so many recipients that the head contains only text
	}
	if scatter.Sniff(img) {
		return scatterFile(img)
	}
	if capture.Sniff(img) != "" {
		return list(img)
	}
	const longest = 64 << 20 // a dump may begin with text if its table was overwritten
	if img.Size() > longest {
		return nil
	}
	return &Thing{Kind: Text}
}

func lfs(text string) *Thing {
	t := &Thing{Kind: LFSPointer}
	for line := range strings.Lines(text) {
		if size, ok := strings.CutPrefix(line, "size "); ok {
			t.add("stands for", "a file of %s bytes", printable(size))
		}
	}
	return t
}

// page distinguishes a blocks map of this program from other pages.
func page(text string) *Thing {
	t := &Thing{Kind: WebPage}
	title := ""
	if _, rest, ok := strings.Cut(text, "<title>"); ok {
		title, _, _ = strings.Cut(rest[:min(len(rest), 200)], "</title>")
	}
	if strings.Contains(text[:min(len(text), 1024)], `content="mtkkit blocks"`) {
		t.Kind = BlocksMap
		title = strings.TrimSuffix(title, ": blocks map")
	} else if strings.Contains(text[:min(len(text), 1024)], `content="mtkkit compare"`) {
		t.Kind = ComparePage
		title = strings.TrimSuffix(title, ": comparison")
	}
	t.add("title", "%s", printable(title))
	return t
}

func journal(text string) *Thing {
	t := &Thing{Kind: Journal}
	line, _, _ := strings.Cut(text, "\n")
	if f := strings.Fields(line); len(f) == 3 {
		t.add("region", "%s", printable(f[1]))
	}
	return t
}

func scatterFile(img flash.Image) *Thing {
	t := &Thing{Kind: Scatter}
	f, err := scatter.Read(img)
	if err != nil {
		t.problem(flash.Error, "it cannot be read: %v", err)
		return t
	}
	t.add("chip", "%s", printable(f.Info.Platform))
	t.add("project", "%s", printable(f.Info.Project))
	for _, s := range f.Storages() {
		t.add("storage", "%s", printable(string(s)))
	}
	t.add("rows", "%d", len(f.Rows))
	t.Problems = f.Problems
	return t
}

// StartsKey is the key of the fact that a list does not contain the offsets of its
// partitions.
const StartsKey = "starts"

func list(img flash.Image) *Thing {
	t := &Thing{Kind: List}
	c, err := capture.Read(img)
	if err != nil {
		t.problem(flash.Error, "it cannot be read: %v", err)
		return t
	}
	t.add("form", "%s", c.Kind)
	t.add("rows", "%d", len(c.Table.Partitions))
	if slices.ContainsFunc(c.Table.Partitions, func(p flash.Partition) bool { return !p.Placed() && !p.Reserved }) {
		t.add(StartsKey, "not in the list")
	}
	t.Problems = c.Table.Problems
	return t
}

func rescueMap(img flash.Image) *Thing {
	t := &Thing{Kind: RescueMap}
	m, err := mapfile.Read(img)
	if err != nil {
		t.problem(flash.Error, "it cannot be read: %v", err)
		return t
	}
	var read, all int64
	for _, b := range m.Blocks {
		if all += b.Length; b.Status == mapfile.Finished {
			read += b.Length
		}
	}
	t.add("read", "%s of %s", flash.Size(read), flash.Size(all))
	return t
}

// sums counts the lines of a list of sums. If a line is not a sum, the file is a text.
func sums(img flash.Image) *Thing {
	const largest = 16 << 20
	if img.Size() > largest {
		return &Thing{Kind: Text}
	}
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		return nil
	}
	t, n := &Thing{Kind: Sums}, 0
	for line := range strings.Lines(string(b)) {
		if n++; !sumLine.MatchString(line) {
			return &Thing{Kind: Text}
		}
	}
	t.add("files", "%d", n)
	return t
}

// ofJSON recognises the documents of this program by their schema, or by their first
// words if they have no schema; nil for documents of other programs.
func ofJSON(img flash.Image, text string) *Thing {
	const largest = 64 << 20 // limit of a manifest
	if img.Size() > largest || !strings.HasPrefix(text, "{") {
		return nil
	}
	var doc struct {
		Schema    string `json:"schema"`
		About     string `json:"about"`
		OCI       string `json:"imageLayoutVersion"`
		MediaType string `json:"mediaType"`
		Version   int    `json:"schemaVersion"`
	}
	d := json.NewDecoder(io.NewSectionReader(img, 0, img.Size()))
	if err := d.Decode(&doc); err != nil {
		return nil
	}
	switch {
	case doc.Schema == flash.ManifestSchema:
		return manifest(img)
	case strings.HasPrefix(doc.Schema, "mtkkit."):
		t := &Thing{Kind: Document}
		t.add("schema", "%s", printable(doc.Schema))
		return t
	case strings.HasPrefix(doc.About, "mtkkit has not finished here"):
		return &Thing{Kind: Marker}
	case doc.OCI != "", doc.Version == 2 && strings.HasPrefix(doc.MediaType, "application/vnd.oci."):
		return &Thing{Kind: Layout}
	}
	return nil
}

func manifest(img flash.Image) *Thing {
	t := &Thing{Kind: Manifest}
	m, err := flash.ReadManifest(io.NewSectionReader(img, 0, img.Size()))
	if err != nil {
		t.problem(flash.Error, "it cannot be used: %v", err)
		return t
	}
	of := map[flash.FolderKind]string{
		flash.KindParts: "a parts folder, as split writes it", flash.KindDump: "a dump folder, as acquire writes it",
		flash.KindArchive: "an archive, as backup create writes it",
	}
	t.add("of", "%s", of[m.Kind])
	t.add("chip", "%s", printable(m.Chip))
	t.add("files", "%d", len(m.Files))
	if !m.Complete && !m.Whole {
		t.problem(flash.Warning, "not all of its entries are complete")
	}
	return t
}
