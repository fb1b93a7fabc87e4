package scatter

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Spec is what a new scatter file is made from.
type Spec struct {
	Version     string        // "" is V1.1.2
	Platform    string        // "MT6592"; "" is written as MT0000
	Project     string        // the board's name
	Storage     flash.Storage // "" is EMMC
	BootChannel string        // "" is what the storage usually has
	BlockSize   int64         // bytes; 0 is what the storage usually has
	UserSize    int64         // size of the user area in bytes, 0 when unknown

	// Rows in the order of the flash. A row without Operation takes its file name,
	// operation, type and download mark from Defaults. A row without an address
	// that is not Reserved is written without one: no number would be true.
	Rows []flash.Partition
}

const banner = "############################################################################################################\n"

// Build makes a V1.1.2 text file as ptgen writes it, with LF line ends. Reserved rows
// that end where the user area ends are written as a count from the end, other rows
// with their address in both columns. Control characters in names become '_', since
// a name comes from a stranger and must not make lines of its own. Build panics on
// more than 4096 rows or a name of 64 KiB, which no partition table can hold.
func Build(s Spec) *File {
	s = s.complete()
	var w strings.Builder
	w.WriteString(banner + "#\n#  General Setting\n#\n" + banner)
	w.WriteString("- general: MTK_PLATFORM_CFG\n  info: \n")
	for _, kv := range [][2]string{
		{"- config_version", s.Version},
		{"  platform", s.Platform},
		{"  project", s.Project},
		{"  storage", string(s.Storage)},
		{"  boot_channel", s.BootChannel},
		{"  block_size", fmt.Sprintf("0x%x", s.BlockSize)},
	} {
		fmt.Fprintf(&w, "    %s: %s\n", kv[0], oneLine(kv[1]))
	}
	w.WriteString(banner + "#\n#  Layout Setting\n#\n" + banner)
	addresses := s.addresses()
	for i, p := range s.Rows {
		s.writeRow(&w, i, p, addresses[i])
	}
	lines, err := split([]byte(w.String()))
	f := &File{Dialect: "V1.1 text", lines: lines}
	if err == nil {
		err = readText(f)
	}
	if err != nil {
		panic("mtkkit: internal error: " + err.Error())
	}
	return f
}

// complete fills in what the caller left open.
func (s Spec) complete() Spec {
	s.Platform = platformName(s.Platform)
	if s.Version == "" {
		s.Version = "V1.1.2"
	}
	if s.Storage == "" {
		s.Storage = flash.EMMC
	}
	channel, block := "MSDC_0", int64(emmcBlock)
	switch s.Storage {
	case flash.UFS:
		channel, block = "UFSHCI_0", ufsBlock
	case flash.NAND:
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

// completeRows gives rows from a table without flash-tool words the usual ones. A row
// that is usually counted from the end is an ordinary hidden one where others follow
// it, as the otp of vivo phones.
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

// writeRow writes the keys in ptgen's order.
func (s Spec) writeRow(w *strings.Builder, i int, p flash.Partition, address string) {
	file := p.File
	if file == "" {
		file = "NONE"
	}
	size := p.Length
	if p.ToEnd && !p.Reserved {
		size = 0
	}
	fmt.Fprintf(w, "- partition_index: SYS%d\n", i)
	for _, kv := range [][2]string{
		{"partition_name", p.Name},
		{"file_name", file},
		{"is_download", fmt.Sprint(p.Download)},
		{"type", p.Type},
		{"linear_start_addr", address},
		{"physical_start_addr", address},
		{"partition_size", fmt.Sprintf("0x%x", size)},
		{"region", string(p.Region)},
		{"storage", "HW_STORAGE_" + string(s.Storage)},
		{"boundary_check", fmt.Sprint(!p.Reserved)},
		{"is_reserved", fmt.Sprint(p.Reserved)},
		{"operation_type", p.Operation},
		{"reserve", "0x00"},
	} {
		fmt.Fprintf(w, "  %s: %s\n", kv[0], oneLine(kv[1]))
	}
	w.WriteString("\n")
}

// addresses writes every row's address. From the last row upwards, reserved rows that
// join up to the end of the user area are counted in blocks; ptgen leaves out what is
// not a whole block, such as an sgpt of 0x4200 bytes.
func (s Spec) addresses() []string {
	out := make([]string, len(s.Rows))
	next, blocks := s.UserSize, int64(0)
	reach := s.reach()
	for i := len(s.Rows) - 1; i >= 0; i-- {
		p := s.Rows[i]
		if p.Placed() {
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

// isWhole reports whether a count of that many blocks tells where the row begins:
// only the very last row may be shorter than a block, and is then counted as 0, which
// for a BMTPOOL means nothing.
func (s Spec) isWhole(p flash.Partition, blocks int64) bool {
	if blocks == 0 {
		return p.End() == s.UserSize && Canonical(p.Name) != "bmtpool"
	}
	return blocks <= 0xFFFF && p.Length%s.BlockSize == 0
}

// reach returns where the ordinary rows of the user area end.
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

// oneLine keeps a stranger's name from making lines or comments.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return '_'
		}
		return r
	}, s)
	return strings.ReplaceAll(strings.Trim(s, blanks), " #", "_#")
}
