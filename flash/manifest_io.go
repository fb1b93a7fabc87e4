package flash

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// maxManifest is the size limit of a manifest, bytes. A table of 1000 rows needs about 0.5 MB.
const maxManifest = 64 << 20

// MarkerName is the name of the file in a folder that is being written. It lists the files of
// the run.
const MarkerName = ".mtkkit-unfinished"

// ErrVersion is wrapped by the error of ReadManifest for a manifest of another version.
var ErrVersion = errors.New("written by another version of mtkkit")

// ReadManifest decodes and checks a manifest. A manifest is untrusted, but the result can be
// used without further checks: every file name in it can be joined to the folder's path, and
// every entry is within its source.
//
// Errors are *FormatError. It wraps ErrNotThis if r is the JSON of another program, ErrVersion if
// it is a manifest of another version of mtkkit, and a *json.SyntaxError if it is not JSON.
func ReadManifest(r io.Reader) (*Manifest, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("flash: manifest: %w", err)
	}
	if len(b) > maxManifest {
		return nil, manifestError(fmt.Sprintf("longer than %v", Size(maxManifest)), nil)
	}
	var head struct {
		Schema string `json:"schema"`
	}
	switch err := json.Unmarshal(b, &head); {
	case errors.As(err, new(*json.SyntaxError)):
		return nil, manifestError("is damaged, it is not JSON", err)
	case err != nil:
		return nil, manifestError(err.Error(), ErrNotThis)
	case strings.HasPrefix(head.Schema, "mtkkit.") && head.Schema != ManifestSchema:
		return nil, manifestError(fmt.Sprintf("schema is %q; this program reads %q", head.Schema, ManifestSchema), ErrVersion)
	case head.Schema != ManifestSchema:
		return nil, manifestError(fmt.Sprintf("schema is %q, not %q", head.Schema, ManifestSchema), ErrNotThis)
	}
	m := new(Manifest)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, manifestError("does not follow its schema", err)
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	m.Chip = KnownChip(m.Chip)
	return m, nil
}

// Encode returns the manifest as indented JSON. It returns a *FormatError for a manifest that
// ReadManifest would refuse.
func (m *Manifest) Encode() ([]byte, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("flash: manifest: %w", err)
	}
	return b.Bytes(), nil
}

// Source returns the source with region r, or nil.
func (m *Manifest) Source(r Region) *ManifestSource {
	for i := range m.Sources {
		if m.Sources[i].Region == r {
			return &m.Sources[i]
		}
	}
	return nil
}

// validate checks everything that a reader of the manifest relies on: the schema, names that
// stay within their folder, valid sums, and entries within their source. Errors are
// *FormatError.
func (m *Manifest) validate() error {
	if m.Schema != ManifestSchema {
		return manifestError(fmt.Sprintf("schema is %q, not %q", m.Schema, ManifestSchema), nil)
	}
	sources := make(map[Region]int64, len(m.Sources))
	for _, s := range m.Sources {
		if _, twice := sources[s.Region]; twice || s.Region == "" {
			return manifestError(fmt.Sprintf("source %q: region %q is empty or listed twice", s.Name, s.Region), nil)
		}
		if s.Size < 0 || s.Offset < -s.Size || s.Offset > math.MaxInt64-s.Size || !isSum(s.SHA256) {
			return manifestError(fmt.Sprintf("source %q: size %d or sum %q is invalid", s.Name, s.Size, s.SHA256), nil)
		}
		if err := checkOrder(s.Unread, 0, s.Size); err != nil {
			return manifestError(fmt.Sprintf("source %q: unread: %v", s.Name, err), nil)
		}
		if s.Offset < 0 && len(Without([]Extent{{Length: -s.Offset}}, s.Unread)) > 0 {
			return manifestError(fmt.Sprintf("source %q: begins 0x%x bytes behind the start of its region, and these are not marked as unread", s.Name, -s.Offset), nil)
		}
		if err := checkOrder(s.Beyond, s.Size, math.MaxInt64); err != nil {
			return manifestError(fmt.Sprintf("source %q: beyond its end: %v", s.Name, err), nil)
		}
		sources[s.Region] = s.Size
	}
	files, err := m.checkFiles()
	if err != nil {
		return err
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		if err := e.check(sources); err != nil {
			return manifestError(fmt.Sprintf("entry %d (%q): %v", i, e.Name, err), nil)
		}
		if e.File != "" && !files[e.File] {
			return manifestError(fmt.Sprintf("entry %d (%q): file %q is not in the list of files", i, e.Name, e.File), nil)
		}
	}
	return nil
}

// checkOrder checks that ranges are in order, between two offsets.
func checkOrder(list []Extent, from, to int64) error {
	for _, e := range list {
		if e.Offset < from || e.Length <= 0 || e.Length > to-e.Offset {
			return fmt.Errorf("%d bytes at 0x%x are out of order, or not below 0x%x", e.Length, e.Offset, to)
		}
		from = e.End()
	}
	return nil
}

func (m *Manifest) checkFiles() (map[string]bool, error) {
	files, folded := make(map[string]bool, len(m.Files)), make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		check := CheckFileName // a parts folder is flat
		if m.Kind == KindDump || m.Kind == KindArchive {
			check = CheckFilePath
		}
		if err := check(f.Name); err != nil {
			return nil, manifestError("files", err)
		}
		if f.Name == ManifestName || f.Name == SumsName {
			return nil, manifestError(fmt.Sprintf("files: %q cannot list itself", f.Name), nil)
		}
		if k := strings.ToLower(f.Name); folded[k] {
			return nil, manifestError(fmt.Sprintf("files: %q has the same name as another file, except for upper and lower case", f.Name), nil)
		} else {
			folded[k], files[f.Name] = true, true
		}
		if f.Size < 0 || !isSum(f.SHA256) {
			return nil, manifestError(fmt.Sprintf("files: %q: size %d or sum %q is invalid", f.Name, f.Size, f.SHA256), nil)
		}
	}
	return files, nil
}

// check checks the numbers of one entry. Sources maps a region to its size.
func (e *ManifestEntry) check(sources map[Region]int64) error {
	if e.Offset < Unplaced || e.Length < 0 || e.Offset > math.MaxInt64-e.Length {
		return fmt.Errorf("offset %d with length %d is not a range", e.Offset, e.Length)
	}
	if e.Present < 0 || e.Present > e.Length {
		return fmt.Errorf("%d of %d bytes present", e.Present, e.Length)
	}
	if !isSum(e.SHA256) {
		return fmt.Errorf("sum %q is invalid", e.SHA256)
	}
	if e.Zero && e.File != "" {
		return fmt.Errorf("is marked as zero, but has the file %q", e.File)
	}
	if e.Present == 0 {
		return nil
	}
	size, ok := sources[e.Region]
	if !ok {
		return fmt.Errorf("region %q has no source", e.Region)
	}
	if e.Offset < 0 || e.Present > size-e.Offset {
		return fmt.Errorf("%d bytes at 0x%x are not in a source of 0x%x", e.Present, e.Offset, size)
	}
	return nil
}

func manifestError(text string, cause error) error {
	return &FormatError{Format: "manifest", Offset: NoOffset, Text: text, Err: cause}
}

// isSum reports whether s is empty or a SHA-256 in lower-case hex.
func isSum(s string) bool {
	return s == "" || len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// CheckFilePath accepts the names of CheckFileName, also behind one or two folders:
// "regions/ROM_1".
func CheckFilePath(name string) error {
	elements := strings.Split(name, "/")
	if len(elements) > 3 {
		return fmt.Errorf("flash: %.60q is %d folders deep", name, len(elements)-1)
	}
	for _, e := range elements {
		if err := CheckFileName(e); err != nil {
			return err
		}
	}
	return nil
}

// CheckFileName returns an error if name cannot be the name of a file in a parts folder. It must
// be one path element that every system accepts unchanged: no separators, nothing with a meaning
// on Windows (con, a:b, a trailing dot), no control characters, at most 200 bytes.
func CheckFileName(name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return fmt.Errorf("flash: %q is not a file name", name)
	case len(name) > 200:
		return fmt.Errorf("flash: file name %.40q… has %d bytes, at most 200 are safe", name, len(name))
	case !utf8.ValidString(name):
		return fmt.Errorf("flash: file name %q is not UTF-8", name)
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || strings.HasPrefix(name, " "):
		return fmt.Errorf("flash: file name %q begins or ends with characters that Windows removes", name)
	}
	for _, r := range name {
		if r < 0x20 || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return fmt.Errorf("flash: file name %q contains %q", name, r)
		}
	}
	if isDeviceName(name) {
		return fmt.Errorf("flash: file name %q is a device on Windows", name)
	}
	return nil
}

// isDeviceName reports whether Windows takes a name for a device, in every folder and with every
// extension ("Naming Files, Paths, and Namespaces", Win32 documentation).
func isDeviceName(name string) bool {
	base, _, _ := strings.Cut(strings.ToLower(name), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	if port, ok := strings.CutPrefix(base, "com"); ok || strings.HasPrefix(base, "lpt") {
		if !ok {
			port = base[3:]
		}
		return utf8.RuneCountInString(port) == 1 && strings.ContainsAny(port, "0123456789¹²³")
	}
	return false
}
