package scatter

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// renamed maps the names of the MBR generation, also those of /proc/dumchar_info, to
// the names of the GPT generation. misc is not renamed to para: both hold the
// bootloader's message, but newer phones have both.
var renamed = map[string]string{
	"android":   "system",
	"bootimg":   "boot",
	"pro_info":  "proinfo",
	"protect_f": "protect1",
	"protect_s": "protect2",
	"sec_ro":    "secro",
	"uboot":     "lk",
	"usrdata":   "userdata",
}

// Canonical returns the one name that a partition has in every generation, for
// comparing tables: in lower case, with old names replaced (UBOOT is lk, ANDROID is
// system). A slot suffix _a or _b is kept. Different partitions of one phone keep
// different names.
func Canonical(name string) string {
	base, slot := cutSlot(strings.ToLower(strings.Trim(name, blanks)))
	if n, ok := renamed[base]; ok {
		base = n
	}
	return base + slot
}

// cutSlot separates an A/B suffix from a lower-case name.
func cutSlot(name string) (base, slot string) {
	for _, s := range []string{"_a", "_b"} {
		if b, ok := strings.CutSuffix(name, s); ok && b != "" {
			return b, s
		}
	}
	return name, ""
}

// Known reports whether phones have partitions of this name.
func Known(name string) bool {
	_, ok := find(Canonical(name))
	return ok
}

// Attr holds the usual values of a partition for flash tools.
type Attr struct {
	File      string // image file, "" if the partition is not flashed
	Operation string // operation_type
	Type      string // image type, such as NORMAL_ROM
	Download  bool   // is_download
	Private   bool   // holds the phone's identity, its keys or its owner's data
}

// Defaults returns the usual attributes of a partition, found by its Canonical name. An
// unknown partition is not flashed: it is INVISIBLE and has no file. In a pair of slots
// the second has no file, as ptgen writes it.
func Defaults(name string, storage flash.Storage) Attr {
	name = Canonical(name)
	_, slot := cutSlot(name)
	k, ok := find(name)
	if !ok {
		return Attr{Operation: invisible, Type: rom}
	}
	a := Attr{File: k.file, Operation: k.operation, Type: k.payload, Private: k.private}
	if slot == "_b" {
		a.File, a.Operation = "", invisible
	}
	if storage == flash.NAND && a.Type == ext4 {
		a.Type = "UBI_IMG"
	}
	a.Download = a.File != ""
	return a
}

// Public reports whether a partition of that name holds the same bytes on every phone
// of a model, because firmware packages contain it. It returns false for unknown names,
// because such a partition may belong to one phone. It returns false for the cache: a
// package contains a cache, but the phone writes to it later.
func Public(name string) bool {
	name = Canonical(name)
	k, ok := find(name)
	base, _ := cutSlot(name)
	switch base {
	case "cache":
		return false
	case "pgpt", "sgpt", "pmt", "gz1", "gz2":
		return true
	}
	return ok && !k.private && k.file != ""
}

// isTable reports whether a row of that name holds a partition table's own sectors.
func isTable(name string) bool {
	switch name = strings.ToLower(name); name {
	case "pgpt", "sgpt", "mbr":
		return true
	}
	n, ok := strings.CutPrefix(name, "ebr")
	return ok && len(n) == 1 && "1" <= n && n <= "9"
}

// find returns the entry of a canonical name, or else the entry of its pair of slots.
func find(name string) (reasoned, bool) {
	if k, ok := known[name]; ok {
		return k, true
	}
	base, _ := cutSlot(name)
	k, ok := known[base]
	return k, ok
}

// FileName returns the name that flash tools expect for the scatter file of a platform.
// A platform with characters that no platform name has is treated as unknown,
// flash.NoChip.
func FileName(platform string) string {
	return platformName(platform) + "_Android_scatter.txt"
}

func platformName(platform string) string {
	if !isWord(platform) {
		return flash.NoChip
	}
	return strings.ToUpper(platform)
}

// upgradable returns the value that ptgen writes as is_upgradable: true if an update
// package replaces the image. It is true for both slots of a pair, although only the
// first is downloaded.
func upgradable(p flash.Partition) bool {
	base, _ := cutSlot(Canonical(p.Name))
	switch base {
	case "cache", "userdata", "logo", "cust", "efuse", "storage":
		return false
	}
	k, ok := find(base)
	return ok && k.file != "" || !ok && p.Download
}

// emptyBoot returns the value that ptgen writes as empty_boot_needed: true if the image
// is needed, with the preloader, to start a phone that has nothing else.
func emptyBoot(p flash.Partition) bool {
	switch Canonical(p.Name) {
	case "lk", "lk_a", "logo", "logo_a", "logo_b", "tee1", "tee_a":
		return true
	}
	return false
}
