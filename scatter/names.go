package scatter

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// renamed maps the names of the MBR generation, also as /proc/dumchar_info spells
// them, to those of the GPT generation. misc is not renamed to para: both hold the
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

// Canonical returns the one name a partition has in every generation, for comparing
// tables: lower case, old names replaced (UBOOT is lk, ANDROID is system), a slot
// suffix _a or _b kept. Different partitions of one phone keep different names.
func Canonical(name string) string {
	base, slot := cutSlot(strings.ToLower(strings.Trim(name, blanks)))
	if n, ok := renamed[base]; ok {
		base = n
	}
	return base + slot
}

// cutSlot takes an A/B suffix off a lower-case name.
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

// Attr is what flash tools are usually told about a partition.
type Attr struct {
	File      string // image file, "" when the partition is not flashed
	Operation string // operation_type
	Type      string // payload class
	Download  bool   // is_download
	Private   bool   // carries the phone's identity, keys or its owner's data
}

// Defaults returns the usual attributes of a partition, found by its Canonical name.
// One that is not known is not flashed: INVISIBLE, without a file. Of a pair of
// slots the second has no file, as ptgen writes them.
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

// Public reports whether every phone of a model holds the same in a partition of that
// name, because firmware packages carry it. Of names not known it says no: what
// stands there may be of one phone. The cache is a package's too, and holds what the
// phone wrote to it since.
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

// find looks a canonical name up, then the name of its pair of slots.
func find(name string) (reasoned, bool) {
	if k, ok := known[name]; ok {
		return k, true
	}
	base, _ := cutSlot(name)
	k, ok := known[base]
	return k, ok
}

// FileName returns the name flash tools expect of a platform's scatter file. What
// cannot be part of a platform's name makes it unknown, flash.NoChip.
func FileName(platform string) string {
	return platformName(platform) + "_Android_scatter.txt"
}

func platformName(platform string) string {
	if !isWord(platform) {
		return flash.NoChip
	}
	return strings.ToUpper(platform)
}

// upgradable reports what ptgen writes as is_upgradable: an update package replaces
// the image. Both slots of a pair are, though only the first is downloaded.
func upgradable(p flash.Partition) bool {
	base, _ := cutSlot(Canonical(p.Name))
	switch base {
	case "cache", "userdata", "logo", "cust", "efuse", "storage":
		return false
	}
	k, ok := find(base)
	return ok && k.file != "" || !ok && p.Download
}

// emptyBoot reports what ptgen writes as empty_boot_needed: the phone starts (to
// nothing) with these images and the preloader alone.
func emptyBoot(p flash.Partition) bool {
	switch Canonical(p.Name) {
	case "lk", "lk_a", "logo", "logo_a", "logo_b", "tee1", "tee_a":
		return true
	}
	return false
}
