package scatter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Spec describes a new scatter file for Build.
type Spec struct {
	Dialect     Dialect       // "" is V112
	Version     string        // config_version; "" is the dialect's own, V1.1.2 for XML
	Platform    string        // "MT6592"; "" is written as MT0000
	Project     string        // the board's name
	Storage     flash.Storage // "" is EMMC
	BootChannel string        // "" is the usual channel of the storage
	BlockSize   int64         // bytes; 0 is the usual size of the storage
	UserSize    int64         // size of the user area in bytes, 0 if unknown
	LinearBase  int64         // bytes before the user area in linear addresses; not 0 only for MBR phones
	UpgradeKeys bool          // also write is_upgradable and empty_boot_needed in V1.1.2

	// Rows in the order of the flash. A row without Operation takes its file name,
	// operation, type and download mark from Defaults. A row that has no address and is
	// not Reserved is written without an address, because every number would be wrong.
	Rows    []flash.Partition
	Remarks []string // comment above the row of the same index, "" for none
	More    []Spec   // further storages: only Storage and Rows are used, for V2 and for XML of V2
}

// Build makes a file as ptgen writes it, with LF line ends. Reserved rows that end
// where the user area ends are written as a count from the end. Other rows are written
// with their address in both columns; the linear one is moved by LinearBase. Control
// characters in names become '_', because a name is untrusted and must not add lines to
// the file. The lists (V1, List) contain only the rows with plain names. Build panics
// if there are more than 4096 rows or if a name has 64 KiB; no partition table can hold
// these.
func Build(s Spec) *File {
	s = s.complete()
	d := document{
		head:     []Field{{"config_version", s.Version, 0}, {"platform", s.Platform, 0}, {"project", s.Project, 0}},
		typed:    strings.HasPrefix(strings.ToLower(s.Version), "v2"),
		sections: []section{s.section()},
	}
	for _, m := range s.More {
		m.Version, m.Dialect = s.Version, s.Dialect
		if d.typed {
			d.sections = append(d.sections, m.complete().section())
		}
	}
	to := s.Dialect
	if s.Dialect.bare() {
		to = V112
	}
	f, err := d.file(to)
	if err != nil {
		panic("mtkkit: internal error: " + err.Error())
	}
	if s.Dialect.bare() {
		if list, _ := Convert(f, s.Dialect); list != nil {
			return list
		}
	}
	return f
}

// section writes the rows as keys and values.
func (s Spec) section() section {
	part := section{info: Info{Storage: s.Storage}, head: Row{Fields: s.storageHead()}}
	physical := s.addresses(0)
	linear := s.addresses(s.LinearBase)
	for i, p := range s.Rows {
		if s.LinearBase > 0 && p.Region.IsBoot() && p.Offset == 0 {
			p.Length = s.LinearBase // as files of MBR phones have it
		}
		r := rowOf(i, p, s.Storage, linear[i], physical[i])
		if i < len(s.Remarks) {
			r.remark = s.Remarks[i]
		}
		r.Fields = s.optional(r.Fields, p)
		part.rows = append(part.rows, r)
	}
	return part
}

func (s Spec) storageHead() []Field {
	return []Field{{"storage", string(s.Storage), 0}, {"boot_channel", s.BootChannel, 0}, {"block_size", fmt.Sprintf("0x%x", s.BlockSize), 0}}
}

// rowOf writes the keys that all text dialects have, in ptgen's order.
func rowOf(i int, p flash.Partition, storage flash.Storage, linear, physical string) Row {
	file := p.File
	if file == "" {
		file = "NONE"
	}
	size := p.Length
	if p.ToEnd && !p.Reserved {
		size = 0
	}
	return Row{Fields: []Field{
		{"partition_index", fmt.Sprintf("SYS%d", i), 0},
		{"partition_name", p.Name, 0},
		{"file_name", file, 0},
		{"is_download", boolWord(p.Download), 0},
		{"type", p.Type, 0},
		{"linear_start_addr", linear, 0},
		{"physical_start_addr", physical, 0},
		{"partition_size", fmt.Sprintf("0x%x", size), 0},
		{"region", string(p.Region), 0},
		{"storage", "HW_STORAGE_" + string(storage), 0},
		{"boundary_check", boolWord(!p.Reserved), 0},
		{"is_reserved", boolWord(p.Reserved), 0},
		{"operation_type", p.Operation, 0},
		{"reserve", "0x00", 0},
	}}
}

// optional adds the keys of newer versions before the last key.
func (s Spec) optional(fields []Field, p flash.Partition) []Field {
	v := Dialect(strings.ToLower(s.Version))
	last := len(fields) - 1
	out := slices.Clone(fields[:last])
	if s.UpgradeKeys || v.atLeast("v1.1.3") {
		out = append(out, Field{"is_upgradable", boolWord(upgradable(p)), 0}, Field{"empty_boot_needed", boolWord(emptyBoot(p)), 0})
	}
	if v.atLeast(V118) {
		out = append(out, Field{"combo_partsize_check", "false", 0})
	}
	return append(out, fields[last])
}

// complete sets the fields that the caller left empty.
func (s Spec) complete() Spec {
	s.Platform = platformName(s.Platform)
	if s.Version == "" && (s.Dialect == "" || s.Dialect == XML || s.Dialect.bare()) {
		s.Version = "V1.1.2"
	} else if s.Version == "" {
		s.Version = strings.ToUpper(string(s.Dialect))
	}
	if s.Dialect == "" {
		s.Dialect = textDialect(s.Version, strings.HasPrefix(strings.ToLower(s.Version), "v2"))
	}
	if s.Storage == "" {
		s.Storage = flash.EMMC
	}
	channel, block := "MSDC_0", int64(emmcBlock)
	switch s.Storage {
	case flash.UFS:
		channel, block = "UFSHCI_0", ufsBlock
	case flash.NAND, flash.NOR:
		channel = "NONE"
	}
	if s.BootChannel == "" {
		s.BootChannel = channel
	}
	if s.BlockSize <= 0 || s.BlockSize > maxBlock {
		s.BlockSize = block
	}
	s.completeRows()
	return s
}

// completeRows gives the usual values to rows from a table that has no values for flash
// tools. A row that is usually counted from the end becomes an ordinary hidden row if
// other rows follow it. The otp of vivo phones is such a row.
func (s *Spec) completeRows() {
	s.Rows = append([]flash.Partition(nil), s.Rows...)
	var bare []*flash.Partition
	for i := range s.Rows {
		p := &s.Rows[i]
		if p.Region == "" {
			p.Region = region("", p.Name, s.Storage)
		}
		if p.Operation == "" {
			bare = append(bare, p)
			p.Reserved = p.Reserved || Defaults(p.Name, s.Storage).Operation == reserved
		}
	}
	reach := s.reach()
	for _, p := range bare {
		a := Defaults(p.Name, s.Storage)
		p.File, p.Operation, p.Type, p.Download = a.File, a.Operation, a.Type, a.Download
		switch {
		case p.Reserved && p.Placed() && p.Offset < reach:
			p.File, p.Operation, p.Download, p.Reserved = "", invisible, false, false
		case p.Reserved:
			p.File, p.Operation, p.Download = "", reserved, false
		case p.File == "preloader.bin" && s.Project != "":
			p.File = "preloader_" + s.Project + ".bin"
		}
	}
}

// addresses formats the address of every row. Going up from the last row, reserved rows
// that follow each other up to the end of the user area are counted in blocks. ptgen
// does not count a part of a block, such as an sgpt of 0x4200 bytes. The other rows of
// the user area count from base.
func (s Spec) addresses(base int64) []string {
	out := make([]string, len(s.Rows))
	next, blocks := s.UserSize, int64(0)
	reach := s.reach()
	for i := len(s.Rows) - 1; i >= 0; i-- {
		p := s.Rows[i]
		switch {
		case p.Placed() && p.Region.IsUser():
			out[i] = fmt.Sprintf("0x%x", base+p.Offset)
		case p.Placed():
			out[i] = fmt.Sprintf("0x%x", p.Offset)
		}
		if !p.Reserved || !p.Region.IsUser() {
			continue
		}
		blocks += p.Length / s.BlockSize
		joins := p.Placed() && p.End() == next && p.Offset >= reach && s.isWhole(p, blocks)
		if joins || !p.Placed() {
			out[i] = fmt.Sprintf("0xFFFF%04x", blocks&0xFFFF)
		}
		if joins {
			next = p.Offset
		} else {
			next = flash.Unplaced
		}
	}
	return out
}

// isWhole reports whether a count of that many blocks gives the start of the row. Only
// the last row may be shorter than a block. It is then counted as 0, and for a BMTPOOL
// that has no meaning.
func (s Spec) isWhole(p flash.Partition, blocks int64) bool {
	if blocks == 0 {
		return p.End() == s.UserSize && Canonical(p.Name) != "bmtpool"
	}
	return blocks <= 0xFFFF && p.Length%s.BlockSize == 0
}

// reach returns the offset at which the ordinary rows of the user area end.
func (s Spec) reach() int64 {
	var end int64
	for _, p := range s.Rows {
		if !p.Region.IsUser() || !p.Placed() || p.Reserved {
			continue
		}
		if p.ToEnd { // written without a length
			p.Length = 0
		}
		end = max(end, p.End())
	}
	return end
}
