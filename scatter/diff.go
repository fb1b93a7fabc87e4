package scatter

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Change is one difference between two scatter files. Severity and Risk are those of
// flashing the second file to a phone that has the layout of the first.
type Change struct {
	Kind     string         `json:"kind"` // "header", "added", "removed", "moved", "resized", "region", "order" or "words"
	Storage  flash.Storage  `json:"storage,omitempty"`
	Name     string         `json:"name,omitempty"` // of the partition
	Key      string         `json:"key,omitempty"`
	A        string         `json:"a"`
	B        string         `json:"b"`
	LineA    int            `json:"line_a,omitempty"`
	LineB    int            `json:"line_b,omitempty"`
	Severity flash.Severity `json:"severity"` // of the risk
	Risk     string         `json:"risk,omitempty"`
}

// Diff compares two files by storage and by row. Rows are matched by their Canonical
// names, so files of different dialects can be compared.
func Diff(a, b *File) []Change {
	d := differ{}
	if a.listed || b.listed {
		d.tables(b.alike(a), a.alike(b))
		return d.changes
	}
	d.header(a, b)
	if a.Info.Storage == "" || b.Info.Storage == "" { // a list fits every storage
		d.tables(a, b)
		return d.changes
	}
	for _, storage := range a.Storages() {
		d.storage = storage
		if x, y := a.Select(storage), b.Select(storage); y != nil {
			d.tables(x, y)
		} else {
			d.add(Change{Kind: "removed", A: fmt.Sprintf("%d rows", len(x.Rows)), Severity: flash.Warning,
				Risk: "a phone with this storage cannot use the second file"})
		}
	}
	for _, storage := range b.Storages() {
		if a.Select(storage) == nil {
			d.storage = storage
			d.add(Change{Kind: "added", B: fmt.Sprintf("%d rows", len(b.Select(storage).Rows))})
		}
	}
	return d.changes
}

// alike returns the table of other for the storage of f, if other has one.
func (f *File) alike(other *File) *File {
	if g := other.Select(f.Info.Storage); f.listed && g != nil {
		return g
	}
	return other
}

type differ struct {
	changes []Change
	storage flash.Storage
}

func (d *differ) add(c Change) {
	c.Storage = d.storage
	d.changes = append(d.changes, c)
}

func (d *differ) header(a, b *File) {
	block := func(f *File) string {
		if f.Info.BlockSize == 0 {
			return ""
		}
		return fmt.Sprintf("0x%x", f.Info.BlockSize)
	}
	for _, h := range []struct {
		key, a, b string
		severity  flash.Severity
		risk      string
	}{
		{"platform", a.Info.Platform, b.Info.Platform, flash.Error, "another chip: firmware of one phone does not run on the other"},
		{"project", a.Info.Project, b.Info.Project, flash.Warning, "another board or build: its preloader may not start this phone's memory"},
		{"config_version", a.Info.Version, b.Info.Version, flash.Note, ""},
		{"boot_channel", a.Info.BootChannel, b.Info.BootChannel, flash.Note, ""},
		{"block_size", block(a), block(b), flash.Note, "counts from the end have another unit"},
	} {
		if strings.EqualFold(h.a, h.b) || h.a == "" || h.b == "" {
			if h.a != h.b && !strings.EqualFold(h.a, h.b) {
				d.add(Change{Kind: "header", Key: h.key, A: h.a, B: h.b})
			}
			continue
		}
		d.add(Change{Kind: "header", Key: h.key, A: h.a, B: h.b, LineA: a.headLine(h.key), LineB: b.headLine(h.key), Severity: h.severity, Risk: h.risk})
	}
}

func (f *File) headLine(key string) int {
	if fd := f.find(&f.sections[f.current], key); fd != nil {
		return fd.Line
	}
	return 0
}

// farEnd is used as the end of a flash of unknown size, so that counts from the end can
// be compared with each other.
const farEnd = 1 << 46

func (d *differ) tables(a, b *File) {
	x, y := a.build(farEnd), b.build(farEnd)
	left := map[string][]*entry{}
	for i := range y.rows {
		name := Canonical(y.rows[i].Name)
		left[name] = append(left[name], &y.rows[i])
	}
	bare, listed := a.bare() || b.bare(), a.listed || b.listed
	for i := range x.rows {
		e := &x.rows[i]
		name := Canonical(e.Name)
		if len(left[name]) == 0 {
			severity, risk := riskOf(name, "removed")
			d.add(Change{Kind: "removed", Name: e.Name, A: where(e), LineA: e.row.Line, Severity: severity, Risk: risk})
			continue
		}
		o := left[name][0]
		left[name] = left[name][1:]
		d.rows(name, e, o, bare, listed)
	}
	for i := range y.rows {
		e := &y.rows[i]
		if rest := left[Canonical(e.Name)]; len(rest) > 0 && rest[0] == e {
			left[Canonical(e.Name)] = rest[1:]
			d.add(Change{Kind: "added", Name: e.Name, B: where(e), LineB: e.row.Line, Severity: flash.Warning,
				Risk: "the phone's table has no such partition: the layout must be replaced (format all)"})
		}
	}
}

// where formats the address of a row; a count from the end is shown as a count.
func where(e *entry) string {
	switch {
	case e.counted:
		return fmt.Sprintf("0x%x blocks from the end, 0x%x bytes", e.count, e.Length)
	case !e.Placed():
		return "no address"
	case e.ToEnd:
		return fmt.Sprintf("0x%x to the end", e.Offset)
	}
	return fmt.Sprintf("0x%x, 0x%x bytes", e.Offset, e.Length)
}

func (d *differ) rows(name string, a, b *entry, bare, listed bool) {
	c := Change{Name: b.Name, LineA: a.row.Line, LineB: b.row.Line}
	if a.Name != b.Name && !listed { // the names mean the same, and the names in a kernel's list are different
		d.words(c, "partition_name", a.Name, b.Name)
	}
	if a.Region != b.Region && !(a.Region.IsBoot() && b.Region.IsBoot()) && !bare {
		c.Kind, c.Key, c.A, c.B = "region", "region", string(a.Region), string(b.Region)
		c.Severity, c.Risk = flash.Error, "it would be written to another area of the flash"
		d.add(c)
	}
	samePlace := a.Offset == b.Offset || a.counted != b.counted || !a.Placed() || !b.Placed()
	if a.counted && b.counted {
		samePlace = a.count == b.count
	}
	switch {
	case !samePlace:
		c.Kind, c.Key, c.A, c.B = "moved", "physical_start_addr", where(a), where(b)
		c.Severity, c.Risk = riskOf(name, "moved")
		d.add(c)
	case a.Length != b.Length && !a.ToEnd && !b.ToEnd && !(bare && (a.counted || b.counted || a.Length == 0 || b.Length == 0)):
		c.Kind, c.Key, c.A, c.B = "resized", "partition_size", fmt.Sprintf("0x%x", a.Length), fmt.Sprintf("0x%x", b.Length)
		what := "grown"
		if b.Length < a.Length {
			what = "shrunk"
		}
		c.Severity, c.Risk = riskOf(name, what)
		d.add(c)
	}
	if bare {
		return
	}
	d.words(c, "file_name", orNone(a.File), orNone(b.File))
	d.words(c, "is_download", boolWord(a.Download), boolWord(b.Download))
	for _, key := range []string{"type", "operation_type", "is_reserved", "boundary_check", "is_upgradable", "empty_boot_needed", "d_type"} {
		if x, y := a.row.Find(key), b.row.Find(key); x != nil && y != nil {
			d.words(c, key, x.Value, y.Value)
		}
	}
}

func orNone(s string) string {
	if s == "" {
		return "NONE"
	}
	return s
}

// words reports a changed value that decides how a row is flashed.
func (d *differ) words(c Change, key, a, b string) {
	if strings.EqualFold(a, b) && key != "file_name" || a == b {
		return
	}
	c.Kind, c.Key, c.A, c.B, c.Severity, c.Risk = "words", key, a, b, flash.Note, ""
	why := Why(c.Name)
	switch {
	case why != "" && (key == "is_download" && b == "true" || key == "operation_type" && strings.EqualFold(b, update)):
		c.Severity, c.Risk = flash.Warning, why.Own()+" would be overwritten"
	case key == "is_download" && b == "false":
		c.Risk = "it would no longer be written"
	}
	d.add(c)
}

// riskOf returns the risk for a phone if a partition is moved, shrunk, grown or
// removed.
func riskOf(name, what string) (flash.Severity, string) {
	const layout = "the phone's table is different: the layout must be replaced (format all)"
	base, _ := cutSlot(name)
	attr := Defaults(name, "")
	switch {
	case base == "userdata" || base == "fat":
		switch what {
		case "grown":
			return flash.Note, "the file system must be created again to use the new size"
		case "shrunk":
			return flash.Warning, "shrunk: the owner's data are lost, and a backup of the old size does not fit"
		}
		return flash.Warning, what + ": the owner's data are lost"
	case attr.Private && attr.Operation != reserved:
		why, severity := Why(name), flash.Error
		if why == SecretLog {
			severity = flash.Warning
		}
		return severity, fmt.Sprintf("%s: the phone would no longer find its own %s; make a backup first", what, why)
	case attr.Operation == bootload:
		return flash.Error, what + ": with a preloader at the wrong address the phone does not start"
	case attr.Operation == reserved:
		return flash.Note, "reserved rows are placed from the end of the flash"
	case what == "grown" || what == "shrunk":
		return flash.Warning, what + ": an image of the other size may not fit; " + layout
	}
	return flash.Warning, what + ": " + layout
}
