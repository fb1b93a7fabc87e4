package scatter

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// The rules of Check.
const (
	RuleSyntax     = "syntax"     // a line, a key or a name is missing, repeated or not understood
	RuleHeader     = "header"     // the header lacks what flash tools want
	RuleValue      = "value"      // a word that no flash tool knows, or two that contradict
	RuleRegion     = "region"     // a region misspelt, or of another storage
	RuleOrder      = "order"      // rows do not ascend
	RuleSize       = "size"       // a size that cannot be
	RuleAddress    = "address"    // a row has no place
	RuleSentinel   = "sentinel"   // a count from the end is wrong
	RuleConvention = "convention" // the two address columns disagree about what they count from
	RuleOverlap    = "overlap"    // two rows share bytes
	RuleGap        = "gap"        // nobody owns some bytes
	RuleFile       = "file"       // an image is missing, or larger than its partition
	RuleDump       = "dump"       // the dump's own table says otherwise
	RulePrivate    = "private"    // what is the phone's own would be overwritten
)

// Rules lists the rules with what each looks for.
var Rules = []struct{ ID, Text string }{
	{RuleSyntax, "a line, a key or a name is missing, repeated or not understood"},
	{RuleHeader, "the header lacks what flash tools want"},
	{RuleValue, "a value that flash tools do not know, or two that contradict each other"},
	{RuleRegion, "a region that is misspelt, or of another storage"},
	{RuleOrder, "rows that do not ascend"},
	{RuleSize, "a size that cannot be"},
	{RuleAddress, "a row without a place"},
	{RuleSentinel, "a count from the end that disagrees with the sizes"},
	{RuleConvention, "address columns that disagree about what they count from"},
	{RuleOverlap, "rows that share bytes"},
	{RuleGap, "bytes between rows that belong to none"},
	{RuleFile, "an image that is missing, or larger than its partition"},
	{RuleDump, "rows that contradict the dump's own table"},
	{RulePrivate, "rows whose download overwrites what is the phone's own"},
}

// Finding is something to know about a scatter file, at a line of it.
type Finding struct {
	Rule     string         `json:"rule"`
	Line     int            `json:"line"` // from 1; 0 is the file as a whole
	Severity flash.Severity `json:"severity"`
	Name     string         `json:"name,omitempty"` // of the partition
	Text     string         `json:"text"`
}

// CheckOptions is what a file may be held against.
type CheckOptions struct {
	UserSize int64                            // size of the user area in bytes, 0 unknown
	FileSize func(name string) (int64, error) // size of an image beside the file; nil to leave images alone
	Table    *flash.Table                     // the dump's own table, nil for none
}

// Check judges the table of one storage (see File.Select): what would mislead a flash
// tool or its user. Normal things are notes; a file without warnings and errors is fit
// for use. Findings come in the order of the lines.
func Check(f *File, opt CheckOptions) []Finding {
	size := opt.UserSize
	if size <= 0 { // only the counts' agreement with the sizes can be seen
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

// at reports something about a key of a row.
func (c *checker) at(rule string, e *entry, key string, s flash.Severity, text string, a ...any) {
	line := e.row.Line
	if fd := e.row.Find(key); fd != nil {
		line = fd.Line
	}
	c.add(rule, line, s, e.Name, text, a...)
}

// syntax takes over what reading has found.
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
			c.add(RuleHeader, line, flash.Note, "", "platform %s stands for a chip that is not known: flash tools want its name", flash.NoChip)
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

// names looks for rows that cannot be told apart.
func (c *checker) names() {
	first := map[string]*entry{}
	for i := range c.b.rows {
		e := &c.b.rows[i]
		if before := first[strings.ToLower(e.Name)]; before != nil && e.Name != "" {
			c.at(RuleSyntax, e, "partition_name", flash.Warning, "the name is that of line %d", before.row.Line)
			continue
		}
		first[strings.ToLower(e.Name)] = e
	}
}

// private warns of rows that write what is of one phone over another's.
func (c *checker) private(e *entry) {
	if why := Why(e.Name); e.Download && why != "" && Canonical(e.Name) != "userdata" {
		c.at(RulePrivate, e, "is_download", flash.Note, "downloading it overwrites the phone's own %s: %s", why, why.ownedBy())
	}
}

// files looks at the images beside the file.
func (c *checker) files() {
	for i := range c.b.rows {
		e := &c.b.rows[i]
		if e.File == "" {
			continue
		}
		size, err := c.opt.FileSize(e.File)
		switch {
		case err != nil && e.Download:
			c.at(RuleFile, e, "file_name", flash.Warning, "%s is to be downloaded and cannot be found: %v", e.File, err)
		case err != nil:
			c.at(RuleFile, e, "file_name", flash.Note, "%s is not here: %v", e.File, err)
		case size > e.Length && e.Length > 0 && !e.ToEnd:
			c.at(RuleFile, e, "file_name", flash.Error, "%s is larger than the partition: 0x%x of 0x%x bytes", e.File, size, e.Length)
		case size == 0:
			c.at(RuleFile, e, "file_name", flash.Warning, "%s is empty", e.File)
		}
	}
}
