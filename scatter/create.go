package scatter

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Profile says what a new scatter file is for.
type Profile string

// The profiles.
const (
	Firmware Profile = "firmware" // to share: private rows are not downloadable
	Restore  Profile = "restore"  // this phone's own backup: everything at hand is restorable
)

// CreateOptions is what Create is told in addition to a partition table.
type CreateOptions struct {
	Platform   string        // "MT6592"
	Project    string        // the board's name
	Storage    flash.Storage // "" is EMMC
	DeviceSize int64         // size of the user area in bytes, 0 to believe the table
	BackupSize int64         // bytes behind the last partition, for a template that leaves its end open; 0 unknown
	Preloader  int64         // length of the flashable preloader in bytes, 0 unknown
	LinearBase int64         // bytes before the user area in linear addresses (MBR phones), 0 for none
	Dialect    Dialect       // "" is the one of the phone's generation
	Profile    Profile       // "" is Firmware

	// File names the file that holds a row's content, "" when there is none. It is
	// asked for Restore only; nil takes names like those of Defaults.
	File func(row flash.Partition) string
}

// Reason says why a row is as it is.
type Reason struct {
	Name    string `json:"name"`
	Values  string `json:"values"` // operation, type and file, as written
	Place   string `json:"place"`  // why there
	Words   string `json:"words"`  // why these values
	Private bool   `json:"private,omitempty"`
	Guessed bool   `json:"guessed,omitempty"`
}

// Creation is a new scatter file before it is written.
type Creation struct {
	Spec     Spec           `json:"-"` // for Build
	Reasons  []Reason       `json:"rows"`
	Private  []string       `json:"private,omitempty"` // rows with the phone's identity that the file makes downloadable
	Problems flash.Problems `json:"problems"`

	SizeUnknown bool `json:"-"` // a row has no length because nobody said the size of the flash
}

// Create makes a scatter file from a partition table alone. A GPT lists all but three
// rows: the preloader, and pgpt and sgpt, which are the GPT itself. An MBR lists only
// what Linux mounts; its table must be completed first, by an older scatter file or
// /proc/dumchar_info. Rows that a template leaves open are placed by DeviceSize as the
// phone does it: the last partitions end where the backup GPT begins, userdata takes
// what is left.
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
	old       bool              // MBR generation
	size      int64             // of the user area, 0 unknown
	boot      []flash.Partition // rows of boot regions
	rows      []flash.Partition // of the user area
	sgpt      *flash.Partition  // as the table has it
	preloader flash.Partition
	bare      []bool // rows of the Spec whose words are ours, not the table's
}

func (c *creator) problem(s flash.Severity, place, text string, a ...any) {
	c.Problems.Add(s, place, text, a...)
}

var kernelName = regexp.MustCompile(`^p[0-9]+$`)

// takeRows sorts the table's rows by where they belong.
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
		c.problem(flash.Warning, "mbr", "%d rows have no name, and what lies between them is not listed: an MBR holds no more; "+
			"an older scatter file or /proc/dumchar_info of this phone does", numbers)
	}
}

// oldName spells a name as the MBR generation does: PROTECT_F, not protect1.
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

// placeOpen gives addresses to the rows that a template GPT leaves open.
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
			continue // takes what is left, below
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
			c.problem(flash.Error, p.Name, "no room is left for it: it would begin at 0x%x of 0x%x bytes", p.Offset, c.size)
			p.ToEnd = true
		default:
			p.ToEnd, c.SizeUnknown = true, true
			c.problem(flash.Warning, p.Name, "the table does not say how large it is, for it does not know the size of the flash: "+
				"written as size 0, which is up to the end; the size of the user area settles it")
		}
	}
}

// closeEnd gives the i-th row, which runs to the end, its length when other rows begin
// behind its start: those at the end of the flash are reserved, and end it. An ordinary
// row there shares its bytes, and does not shorten it.
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

// next returns where the row after the i-th begins, or the end; 0 when unknown.
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

// sort puts the rows in the order of the flash, which flash tools insist on. Rows
// without an address stay behind the row before them.
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

// maxBackup is the largest area behind the last partition that is taken for the
// backup GPT's; the largest sgpt row seen is 4 MiB.
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

// makeSpec chooses dialect and header by the phone's generation.
func (c *creator) makeSpec() {
	newer := c.findPreloader()
	base := c.facts.LinearBase
	if base == 0 && c.old && c.preloader.Length >= smallestBase {
		base = c.preloader.Length // it spans all that is before the user area
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
		c.problem(flash.Warning, "v1", "addresses of this dialect count from the first boot region, and nothing tells how large those are: "+
			"written as if they were empty (0x600000 on MT6577 and MT6589)")
	}
	s.Rows = slices.Concat(c.boot, c.rows)
	for i := range s.Rows { // their words are chosen anew, but for those of the vendor
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

// byAge gives the images whose file changed its name over the years the one of the
// phone's time. Phones of 2017 and later are known by their boot_para; of the published
// files two in three of those, and nearly all others, agree.
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

// smallestBase is the least that boot regions and RPMB make together.
const smallestBase = 0x380000

// findPreloader makes sure of the first row, and reports whether the phone is of the
// newer GPT generation, whose first partition begins at 0x8000: files of that one name
// both boot regions and have more keys.
func (c *creator) findPreloader() (newer bool) {
	storage := cmp.Or(c.facts.Storage, flash.EMMC)
	newer = !c.old && (len(c.rows) == 0 || c.rows[0].Length < 0x80000)
	chip := storage == flash.NAND || storage == flash.NOR // its preloader is among its rows
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

// roomForPreloader is the usual size of the preloader's row that holds this one.
func (c *creator) roomForPreloader() int64 {
	usual := []int64{0x40000, 0x80000, 0x100000, 0x400000}
	for _, n := range usual {
		if c.facts.Preloader <= n {
			return n
		}
	}
	return usual[len(usual)-1]
}
