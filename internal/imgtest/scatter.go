package imgtest

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// banner is the line that MediaTek's ptgen draws in a scatter file.
var banner = strings.Repeat("#", 108)

// scatterText returns p's rows as a scatter file of the vendor's tools.
func scatterText(p *Phone, s phoneSpec) string {
	var b strings.Builder
	title := func(text string) {
		fmt.Fprintf(&b, "%s\n#\n#  %s\n#\n%s\n", banner, text, banner)
	}
	title("General Setting")
	fmt.Fprintf(&b, "- general: MTK_PLATFORM_CFG\n  info: \n    - config_version: %s\n", s.version)
	fmt.Fprintf(&b, "      platform: %s\n      project: %s\n", p.Chip, p.Project)
	if s.version != "V2.1.0" {
		fmt.Fprintf(&b, "      storage: EMMC\n      boot_channel: MSDC_0\n      block_size: 0x20000\n")
		title("Layout Setting")
		scatterRows(&b, p, s, flash.EMMC, "")
		return b.String()
	}
	for _, st := range []flash.Storage{flash.EMMC, flash.UFS} {
		title(string(st) + " Layout Setting")
		channel := map[flash.Storage]string{flash.EMMC: "MSDC_0", flash.UFS: "UFSHCI_0"}[st]
		fmt.Fprintf(&b, "- storage_type: %s\n  description: \n  - general: MTK_STORAGE_CFG\n    info: \n", st)
		fmt.Fprintf(&b, "      - storage: %s\n        boot_channel: %s\n        block_size: 0x%x\n\n",
			st, channel, blockSize(st))
		scatterRows(&b, p, s, st, "  ")
	}
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}

// blockSize returns the unit in which reserved rows count from the end, in bytes.
func blockSize(st flash.Storage) int64 {
	if st == flash.UFS {
		return 0x80000
	}
	return 0x20000
}

func scatterRows(b *strings.Builder, p *Phone, s phoneSpec, st flash.Storage, indent string) {
	for i, r := range p.Rows {
		line := func(key string, value any) { fmt.Fprintf(b, "%s  %s: %v\n", indent, key, value) }
		linear, physical := s.addresses(p, r, st)
		size := r.Length
		if r.ToEnd {
			size = 0
		}
		fmt.Fprintf(b, "%s- partition_index: SYS%d\n", indent, i)
		line("partition_name", r.Name)
		line("file_name", orNone(r.File))
		line("is_download", r.Download)
		line("type", r.Type)
		line("linear_start_addr", linear)
		line("physical_start_addr", physical)
		line("partition_size", fmt.Sprintf("0x%x", size))
		line("region", s.scatterRegion(r, st))
		line("storage", "HW_STORAGE_"+string(st))
		line("boundary_check", !r.Reserved)
		line("is_reserved", r.Reserved)
		line("operation_type", r.Operation)
		if s.upgradable {
			line("is_upgradable", r.Download && r.Type != "EXT4_IMG")
			line("empty_boot_needed", r.Name == "lk" || r.Name == "logo" || r.Name == "tee1")
		}
		if s.version == "V2.1.0" {
			line("combo_partsize_check", false)
		}
		line("reserve", "0x00")
		b.WriteString("\n")
	}
}

// addresses returns a row's start. Reserved rows count blocks back from the end of the
// region; the table's backup copy (sgpt) is not counted.
func (s phoneSpec) addresses(p *Phone, r flash.Partition, st flash.Storage) (linear, physical string) {
	if r.Reserved {
		last := p.Rows[len(p.Rows)-1]
		sgpt := int64(0)
		if last.Name == "sgpt" {
			sgpt = last.Length
		}
		n := (p.User.Size() - sgpt - r.Offset) / blockSize(st)
		sentinel := fmt.Sprintf("0xFFFF%04x", n)
		return sentinel, sentinel
	}
	base := s.linearBase
	if r.Region.IsBoot() {
		base = 0
	}
	return fmt.Sprintf("0x%x", r.Offset+base), fmt.Sprintf("0x%x", r.Offset)
}

func (s phoneSpec) scatterRegion(r flash.Partition, st flash.Storage) flash.Region {
	switch {
	case !r.Region.IsBoot():
		return st.User()
	case s.bootRegion == flash.EMMCBoot1:
		return s.bootRegion
	case st == flash.UFS:
		return ufsBoot
	}
	return emmcBoot
}

func orNone(s string) string {
	if s == "" {
		return "NONE"
	}
	return s
}
