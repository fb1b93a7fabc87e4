package report

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Class is the purpose of a row; it decides the colour.
type Class string

// The classes, in the order of the legend.
const (
	Tables   Class = "table"
	Boot     Class = "boot"
	Firmware Class = "firmware"
	System   Class = "system"
	Private  Class = "private"
	User     Class = "user"
	Other    Class = "other"
	Gap      Class = "gap"
)

// ClassInfo has a class, a letter for output without colour, and words for the legend.
type ClassInfo struct {
	Class  Class
	Letter string
	Text   string
}

// classes lists all classes.
var classes = []ClassInfo{
	{Tables, "T", "partition table"},
	{Boot, "B", "boot chain"},
	{Firmware, "F", "modem and firmware"},
	{System, "S", "system"},
	{Private, "P", "private: identity, keys, locks, logs"},
	{User, "U", "user data"},
	{Other, "O", "other"},
	{Gap, "G", "between partitions"},
}

func (c Class) letter() string {
	for _, k := range classes {
		if k.Class == c {
			return k.Letter
		}
	}
	return "?"
}

// byName lists canonical names by their start.
var byName = []struct {
	class    Class
	prefixes string
}{
	{Tables, "pgpt sgpt mbr ebr pmt"},
	{User, "userdata fat"},
	{System, "system vendor product odm super cache cust oem preload special_preload"},
	{Firmware, "md1 md3 modem scp sspm spmfw mcupm dpm pi_img cam_vpu ccu vcp gpueb apusys audio_dsp adsp dsp connsys"},
	{Boot, "preloader lk boot recovery init_boot vendor_boot vendor_kernel dtbo odmdtbo dtb tee gz logo vbmeta secro loader_ext efuse kernel uboot bootloader"},
}

// ClassOf returns the class of an entry. Private comes before all others except tables and user
// data, because the reader of a map must see what not to share. A row without a name in a table
// is classed by the name in its content.
func ClassOf(e *flash.ManifestEntry) Class {
	secret := scatter.Carries(e)
	if secret == scatter.SecretUnknown { // the map shows it like any other row
		secret = ""
	}
	switch {
	case e.Kind == flash.KindGap && secret != "":
		return Private
	case e.Kind == flash.KindGap:
		return Gap
	case e.Kind == flash.KindRegion, e.Kind == flash.KindPreloader:
		return Boot
	}
	name := scatter.Canonical(e.Name)
	if e.Guess != "" {
		name = scatter.Canonical(e.Guess)
	}
	class := Other
	length := 0
	for _, b := range byName {
		for p := range strings.FieldsSeq(b.prefixes) {
			if strings.HasPrefix(name, p) && len(p) > length { // the longest match: vendor_boot is not vendor
				class, length = b.class, len(p)
			}
		}
	}
	if class != Tables && class != User && secret != "" {
		return Private
	}
	return class
}
