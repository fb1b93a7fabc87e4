package scatter

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// The rules of Check, as Finding.Rule has them.
const (
	RuleSyntax     = "syntax"     // a line, a key or a name is missing, repeated or not understood
	RuleHeader     = "header"     // a value that flash tools need is missing in the header
	RuleValue      = "value"      // flash tools do not know a value, or two values contradict each other
	RuleRegion     = "region"     // a region is misspelt, or is a region of another storage
	RuleOrder      = "order"      // rows are not in ascending order
	RuleSize       = "size"       // a size is impossible
	RuleAddress    = "address"    // a row has no usable address
	RuleSentinel   = "sentinel"   // a count from the end disagrees with the sizes
	RuleConvention = "convention" // the two address columns disagree about what they count from
	RuleOverlap    = "overlap"    // two rows share bytes
	RuleGap        = "gap"        // bytes between rows belong to no row
	RuleFile       = "file"       // an image is missing, or larger than its partition
	RuleDump       = "dump"       // rows contradict the dump's own table
	RulePrivate    = "private"    // the download of a row overwrites data of this phone alone
)

// Rules lists the rules with the faults that each one finds.
var Rules = []struct{ ID, Text string }{
	{RuleSyntax, "a line, a key or a name is missing, repeated or not understood"},
	{RuleHeader, "a value that flash tools need is missing in the header"},
	{RuleValue, "flash tools do not know a value, or two values contradict each other"},
	{RuleRegion, "a region is misspelt, or is a region of another storage"},
	{RuleOrder, "rows are not in ascending order"},
	{RuleSize, "a size is impossible"},
	{RuleAddress, "a row has no usable address"},
	{RuleSentinel, "a count from the end disagrees with the sizes"},
	{RuleConvention, "the two address columns disagree about what they count from"},
	{RuleOverlap, "two rows share bytes"},
	{RuleGap, "bytes between rows belong to no row"},
	{RuleFile, "an image is missing, or larger than its partition"},
	{RuleDump, "rows contradict the dump's own table"},
	{RulePrivate, "the download of a row overwrites data of this phone alone"},
}

// Finding is one fact about a scatter file, with the line that it is about.
type Finding struct {
	Rule     string         `json:"rule"`
	Line     int            `json:"line"` // from 1; 0 is the file as a whole
	Severity flash.Severity `json:"severity"`
	Name     string         `json:"name,omitempty"` // of the partition
	Text     string         `json:"text"`
}

// CheckOptions holds what Check compares the file with. The zero value compares
// nothing.
type CheckOptions struct {
	UserSize int64                            // size of the user area in bytes, 0 unknown
	FileSize func(name string) (int64, error) // returns the size in bytes of an image beside the file; nil if images are not checked
	Table    *flash.Table                     // the dump's own table, nil for none
}

// Check judges the table of one storage (see File.Select). It reports what would
// mislead a flash tool or its user. Normal things are notes; a file without warnings
// and errors can be used. The findings are in the order of the lines.
func Check(f *File, opt CheckOptions) []Finding {
	size := opt.UserSize
	if size <= 0 { // then only the counts and the sizes can be compared with each other
		size = 1 << 46
	}
	c := checker{f: f, opt: opt, b: f.build(size)}
	c.syntax()
	c.findings = append(c.findings, c.b.findings...)
	if !f.Dialect.bare() {
		c.header()
		for i := range c.b.rows {
			c.values(&c.b.rows[i])
			c.region(&c.b.rows[i])
			c.private(&c.b.rows[i])
		}
		c.convention()
	}
	c.names()
	c.places()
	if opt.FileSize != nil {
		c.files()
	}
	if opt.Table != nil {
		c.dump(opt.Table)
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return c.findings
}

type checker struct {
	f        *File
	opt      CheckOptions
	b        *builder
	findings []Finding
}

func (c *checker) add(rule string, line int, s flash.Severity, name, text string, a ...any) {
	c.findings = append(c.findings, Finding{rule, line, s, name, fmt.Sprintf(text, a...)})
}

// at adds a finding about one key of a row.
func (c *checker) at(rule string, e *entry, key string, s flash.Severity, text string, a ...any) {
	line := e.row.Line
	if fd := e.row.Find(key); fd != nil {
		line = fd.Line
	}
	c.add(rule, line, s, e.Name, text, a...)
}

// syntax adds the problems that were found while the file was read.
func (c *checker) syntax() {
	for _, p := range c.f.Problems {
		fd := Finding{RuleSyntax, 0, p.Severity, p.Place, p.Text}
		if p.Place == "scatter" {
			fd.Name = ""
		}
		if rest, ok := strings.CutPrefix(p.Text, "line "); ok {
			if n, text, ok := strings.Cut(rest, ": "); ok {
				if line, err := strconv.Atoi(n); err == nil {
					fd.Line, fd.Text = line, text
				}
			}
		}
		c.findings = append(c.findings, fd)
	}
}

func (c *checker) header() {
	h, info := c.f.Head, c.f.Info
	line := max(h.Line, 0)
	for _, want := range []struct{ key, value string }{
		{"platform", info.Platform}, {"storage", string(info.Storage)}, {"config_version", info.Version},
	} {
		if want.key == "platform" && flash.KnownChip(h.Get("platform")) != h.Get("platform") {
			c.add(RuleHeader, line, flash.Note, "", "platform %s means that the chip is not known: flash tools need the name of the chip", flash.NoChip)
		} else if want.value == "" && want.key != "config_version" {
			c.add(RuleHeader, line, flash.Warning, "", "no %s: SP Flash Tool refuses the file", want.key)
		}
	}
	if info.Project == "" {
		c.add(RuleHeader, line, flash.Note, "", "no project")
	}
	if info.BlockSize == 0 {
		c.add(RuleHeader, line, flash.Warning, "", "no block_size: counts from the end have no unit")
	}
	switch info.Storage {
	case "", flash.EMMC, flash.UFS, flash.NAND, "SDMMC", "NOR":
	default:
		c.add(RuleHeader, line, flash.Warning, "", "storage %q is not known", info.Storage)
	}
	want := map[flash.Storage]int64{flash.EMMC: emmcBlock, flash.UFS: ufsBlock}[info.Storage]
	if info.BlockSize > 0 && want > 0 && info.BlockSize != want {
		c.add(RuleHeader, line, flash.Note, "", "block_size 0x%x; ptgen writes 0x%x for %s", info.BlockSize, want, info.Storage)
	}
	if len(c.f.Rows) == 0 {
		c.add(RuleHeader, line, flash.Error, "", "no rows")
	}
}

// names reports rows with the same name.
func (c *checker) names() {
	first := map[string]*entry{}
	for i := range c.b.rows {
		e := &c.b.rows[i]
		if before := first[strings.ToLower(e.Name)]; before != nil && e.Name != "" {
			c.at(RuleSyntax, e, "partition_name", flash.Warning, "the row at line %d has the same name", before.row.Line)
			continue
		}
		first[strings.ToLower(e.Name)] = e
	}
}

// private reports rows whose download would overwrite data of another phone.
func (c *checker) private(e *entry) {
	if why := Why(e.Name); e.Download && why != "" && Canonical(e.Name) != "userdata" {
		c.at(RulePrivate, e, "is_download", flash.Note, "the download overwrites %s: %s", why.Own(), why.ownedBy())
	}
}

// files checks the images beside the file.
func (c *checker) files() {
	for i := range c.b.rows {
		e := &c.b.rows[i]
		if e.File == "" {
			continue
		}
		size, err := c.opt.FileSize(e.File)
		switch {
		case err != nil && e.Download:
			c.at(RuleFile, e, "file_name", flash.Warning, "%s is to be downloaded, but it cannot be found: %v", e.File, err)
		case err != nil:
			c.at(RuleFile, e, "file_name", flash.Note, "%s cannot be found: %v", e.File, err)
		case size > e.Length && e.Length > 0 && !e.ToEnd:
			c.at(RuleFile, e, "file_name", flash.Error, "%s is larger than the partition: the image has 0x%x bytes, the partition 0x%x", e.File, size, e.Length)
		case size == 0:
			c.at(RuleFile, e, "file_name", flash.Warning, "%s is empty", e.File)
		}
	}
}
