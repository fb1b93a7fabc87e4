package scatter

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Profile is the purpose of a new scatter file.
type Profile string

// The profiles.
const (
	Firmware Profile = "firmware" // for sharing: private rows are not downloadable
	Restore  Profile = "restore"  // a backup of this phone: every row whose content is available is downloadable
)

// CreateOptions holds the facts for Create that a partition table does not have.
type CreateOptions struct {
	Platform   string        // "MT6592"
	Project    string        // the board's name
	Storage    flash.Storage // "" is EMMC
	DeviceSize int64         // size of the user area in bytes, 0 to use the size in the table
	BackupSize int64         // bytes behind the last partition, for a template that does not give its end; 0 if unknown
	Preloader  int64         // length of the flashable preloader in bytes, 0 if unknown
	LinearBase int64         // bytes before the user area in linear addresses (MBR phones), 0 for none
	Dialect    Dialect       // "" is the usual dialect of the phone's generation
	Profile    Profile       // "" is Firmware

	// File returns the name of the file that holds a row's content, "" if there is
	// none. It is called for the profile Restore only. nil takes names like those of
	// Defaults.
	File func(row flash.Partition) string
}

// Reason explains the values of one row.
type Reason struct {
	Name    string `json:"name"`
	Values  string `json:"values"` // operation, type and file, as written
	Place   string `json:"place"`  // the reason for the address
	Words   string `json:"words"`  // the reason for the values
	Private bool   `json:"private,omitempty"`
	Guessed bool   `json:"guessed,omitempty"`
}

// Creation is a new scatter file that is not yet written.
type Creation struct {
	Spec     Spec           `json:"-"` // for Build
	Reasons  []Reason       `json:"rows"`
	Private  []string       `json:"private,omitempty"` // rows with the phone's identity that are downloadable in the file
	Problems flash.Problems `json:"problems"`

	SizeUnknown bool `json:"-"` // a row has no length because the size of the flash is unknown
}

// Create makes a scatter file from a partition table alone. A GPT lists all rows except
// three: the preloader, and pgpt and sgpt, which are the GPT itself. An MBR lists only
// the partitions that Linux mounts; the caller must first complete such a table from an
// older scatter file or from /proc/dumchar_info. Rows without an address in a template
// are placed by DeviceSize as the phone does it: the last partitions end where the
// backup GPT begins, and userdata gets the rest.
func Create(t *flash.Table, facts CreateOptions) Creation {
	c := creator{facts: facts, old: isMBR(t)}
	c.size = cmp.Or(facts.DeviceSize, t.DeviceSize)
	c.takeRows(t)
	if len(c.rows) > 0 {
		c.placeOpen()
		c.sort()
		c.addGPT()
	}
	c.makeSpec()
	c.profile()
	return c.Creation
}

// isMBR reports whether the table is of the generation with MBR and EBR.
func isMBR(t *flash.Table) bool {
	return slices.ContainsFunc(t.Partitions, func(p flash.Partition) bool { return Canonical(p.Name) == "mbr" })
}

type creator struct {
	Creation
	facts     CreateOptions
	old       bool              // generation with MBR and EBR
	size      int64             // of the user area, 0 unknown
	boot      []flash.Partition // rows of boot regions
	rows      []flash.Partition // of the user area
	sgpt      *flash.Partition  // as in the table
	preloader flash.Partition
	bare      []bool // true for rows of Spec whose values are chosen here and do not come from the table
}

func (c *creator) problem(s flash.Severity, place, text string, a ...any) {
	c.Problems.Add(s, place, text, a...)
}

var kernelName = regexp.MustCompile(`^p[0-9]+$`)

// takeRows sorts the table's rows by region.
func (c *creator) takeRows(t *flash.Table) {
	numbers := 0
	for _, p := range t.Partitions {
		switch name := Canonical(p.Name); {
		case p.Region.IsBoot():
			c.boot = append(c.boot, p)
		case !p.Region.IsUser() && p.Region != "":
		case name == "pgpt":
		case name == "sgpt":
			p := p
			c.sgpt = &p
		default:
			if kernelName.MatchString(p.Name) {
				numbers++
			} else if c.old {
				p.Name = oldName(p.Name)
			}
			c.rows = append(c.rows, p)
		}
	}
	if c.old && numbers > 0 {
		c.problem(flash.Warning, "mbr", "%d rows have no name, and the ranges between them are not listed, because an MBR does not contain more; "+
			"an older scatter file or /proc/dumchar_info of this phone has both", numbers)
	}
}

// oldName spells a name as files of the MBR generation do: PROTECT_F, not protect1.
func oldName(name string) string {
	if name != strings.ToLower(name) {
		return name
	}
	for was, is := range renamed {
		if name == is {
			return strings.ToUpper(was)
		}
	}
	return strings.ToUpper(name)
}

// placeOpen gives addresses to the rows that have none in a template GPT.
func (c *creator) placeOpen() {
	end := c.size - c.facts.BackupSize
	if c.sgpt != nil && c.sgpt.Placed() {
		end = c.sgpt.Offset
	}
	for i := len(c.rows) - 1; i >= 0; i-- {
		p := &c.rows[i]
		if p.Placed() {
			if end = p.Offset; !p.Reserved {
				break
			}
			continue
		}
		if p.Length == 0 || c.size == 0 {
			continue // it gets the rest, below
		}
		end -= p.Length
		p.Offset = end
	}
	for i := range c.rows {
		p := &c.rows[i]
		if p.ToEnd && p.Placed() {
			c.closeEnd(i)
		}
		if p.Placed() || p.Reserved {
			continue
		}
		if i > 0 {
			p.Offset = max(c.rows[i-1].End(), 0)
		}
		switch next := c.next(i); {
		case next > p.Offset:
			p.Length = next - p.Offset
		case c.size > 0:
			c.problem(flash.Error, p.Name, "there is no room for it: it would begin at 0x%x, and the flash has 0x%x bytes", p.Offset, c.size)
			p.ToEnd = true
		default:
			p.ToEnd, c.SizeUnknown = true, true
			c.problem(flash.Warning, p.Name, "its size is not known, because the table does not contain the size of the flash: "+
				"size 0 is written, which means up to the end; with the size of the user area the real size can be written")
		}
	}
}

// closeEnd gives the i-th row, which runs to the end, a length if other rows begin
// behind its start. Reserved rows at the end of the flash end it. An ordinary row there
// shares its bytes and does not shorten it.
func (c *creator) closeEnd(i int) {
	p, next, shared := &c.rows[i], c.next(i), false
	for _, q := range c.rows {
		if q.Placed() && q.Offset > p.Offset {
			shared = shared || !q.Reserved
			if next <= p.Offset || q.Offset < next {
				next = q.Offset
			}
		}
	}
	if next <= p.Offset {
		return
	}
	if p.ToEnd = false; !shared || p.Length == 0 {
		p.Length = next - p.Offset
	}
}

// next returns the offset at which the row after the i-th begins, or the end; 0 if
// unknown.
func (c *creator) next(i int) int64 {
	for _, q := range c.rows[i+1:] {
		if q.Placed() {
			return q.Offset
		}
	}
	if c.size == 0 || i+1 < len(c.rows) {
		return 0
	}
	return c.size - c.facts.BackupSize
}

// sort puts the rows in the order of the flash, as flash tools require. A row without
// an address stays behind the row before it.
func (c *creator) sort() {
	at, last := map[int]int64{}, int64(0)
	for i, p := range c.rows {
		if c.rows[i].Index = i; p.Placed() {
			last = p.Offset
		}
		at[i] = last
	}
	slices.SortStableFunc(c.rows, func(a, b flash.Partition) int { return cmp.Compare(at[a.Index], at[b.Index]) })
}

// maxBackup is the largest range behind the last partition that is accepted as the
// backup GPT, in bytes. The largest sgpt row in known files is 4 MiB.
const maxBackup = 4 << 20

// addGPT adds the rows of the two copies of the GPT.
func (c *creator) addGPT() {
	if c.old || c.facts.Storage == flash.NAND || c.rows[0].Witness.IsGuess() {
		return
	}
	row := func(name string, e flash.Extent) flash.Partition {
		return flash.Partition{Name: name, Region: c.rows[0].Region, Extent: e, Witness: c.rows[0].Witness}
	}
	if first := c.rows[0].Offset; first > 0 {
		c.rows = slices.Insert(c.rows, 0, row("pgpt", flash.Extent{Length: first}))
	}
	last := int64(0)
	for _, p := range c.rows {
		if p.Placed() && !p.ToEnd {
			last = max(last, p.End())
		}
	}
	switch room := c.size - last; {
	case c.size > 0 && room > 0 && room <= maxBackup:
		c.rows = append(c.rows, row("sgpt", flash.Extent{Offset: last, Length: room}))
	case c.sgpt != nil:
		c.rows = append(c.rows, *c.sgpt)
	case c.size == 0 && c.facts.BackupSize > 0:
		c.rows = append(c.rows, row("sgpt", flash.Extent{Offset: flash.Unplaced, Length: c.facts.BackupSize}))
	}
}

// makeSpec chooses dialect and header for the phone's generation.
func (c *creator) makeSpec() {
	newer := c.findPreloader()
	base := c.facts.LinearBase
	if base == 0 && c.old && c.preloader.Length >= smallestBase {
		base = c.preloader.Length // it covers everything before the user area
	}
	s := Spec{
		Dialect: c.facts.Dialect, Platform: c.facts.Platform, Project: c.facts.Project, Storage: c.facts.Storage,
		UserSize: c.size, LinearBase: base, UpgradeKeys: newer,
	}
	switch {
	case s.Dialect == "" && c.old && base > 0:
		s.Dialect = V111
	case s.Dialect == "" && s.Storage == flash.UFS:
		s.Dialect = V210
	case s.Dialect == "":
		s.Dialect = V112
	case s.Dialect == XML && s.Storage == flash.UFS:
		s.Version = "V2.1.0"
	case s.Dialect == XML:
		s.Version = "V1.1.8"
	case s.Dialect == V1 && c.old && base == 0:
		c.problem(flash.Warning, "v1", "addresses in this dialect count from the first boot region, but the size of the boot regions is not known: "+
			"they are written as if it were 0 (it is 0x600000 on MT6577 and MT6589)")
	}
	s.Rows = slices.Concat(c.boot, c.rows)
	for i := range s.Rows { // their values are chosen here, except those of the vendor
		s.Rows[i].Index = i
		s.Rows[i].Witness = cmp.Or(s.Rows[i].Witness, "the table")
	}
	c.bare = make([]bool, len(s.Rows))
	for i, p := range s.Rows {
		c.bare[i] = p.Operation == ""
	}
	c.Spec = s.complete()
	c.byAge()
}

// byAge sets the file names of images whose usual name changed over the years, by the
// age of the phone. A boot_para partition shows a phone of 2017 or later. Of the
// published files, two thirds of the phones with a boot_para and nearly all others
// follow this rule.
func (c *creator) byAge() {
	young := slices.ContainsFunc(c.rows, func(p flash.Partition) bool { return Canonical(p.Name) == "boot_para" })
	names := map[string]string{"tee1": "trustzone.bin", "tee2": "trustzone.bin", "md1img": "md1rom.img"}
	if young {
		names = map[string]string{"lk": "lk.img", "lk2": "lk.img"}
	}
	for i := range c.Spec.Rows {
		p := &c.Spec.Rows[i]
		if name := names[Canonical(p.Name)]; name != "" && c.bare[i] {
			p.File = name
		}
	}
}

// smallestBase is the smallest size of boot regions and RPMB together, in bytes.
const smallestBase = 0x380000

// findPreloader makes sure that the first row is a preloader. It reports whether the
// phone is of the newer GPT generation, whose first partition begins at 0x8000. Files
// of that generation name both boot regions and have more keys.
func (c *creator) findPreloader() (newer bool) {
	storage := cmp.Or(c.facts.Storage, flash.EMMC)
	newer = !c.old && (len(c.rows) == 0 || c.rows[0].Length < 0x80000)
	chip := storage == flash.NAND || storage == flash.NOR // the preloader is one of its ordinary rows
	if len(c.boot) == 0 && (!chip || len(c.rows) == 0) {
		p := flash.Partition{Name: "preloader", Region: storage.Boot1(), Witness: "every phone"}
		switch {
		case c.old:
			p.Name = "PRELOADER"
		case chip:
		case storage == flash.UFS:
			p.Region = "UFS_LU0_LU1"
		case newer:
			p.Region = "EMMC_BOOT1_BOOT2"
		}
		c.boot = []flash.Partition{p}
	}
	for i := range c.boot { // lists of update packages have no lengths
		if p := &c.boot[i]; Canonical(p.Name) == "preloader" && p.Length == 0 {
			p.Length, p.ToEnd = c.roomForPreloader(), false
		}
	}
	if len(c.boot) > 0 {
		c.preloader = c.boot[0]
	}
	return newer
}

// roomForPreloader returns the smallest usual size of a preloader row that holds this
// preloader, in bytes.
func (c *creator) roomForPreloader() int64 {
	usual := []int64{0x40000, 0x80000, 0x100000, 0x400000}
	for _, n := range usual {
		if c.facts.Preloader <= n {
			return n
		}
	}
	return usual[len(usual)-1]
}
