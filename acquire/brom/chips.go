package brom

import (
	"fmt"
	"slices"
	"strings"
)

// Protocol is the protocol of a chip's Download Agents.
type Protocol int

// The protocols, oldest first.
const (
	Legacy Protocol = iota // V3, big-endian bytes
	XFlash                 // V5, packets of 12 + n bytes
	XML                    // V6, the same packets around XML
)

func (p Protocol) String() string { return [...]string{"legacy", "xflash", "xml"}[p] }

// Chip holds what reading a phone needs to know about its chip.
type Chip struct {
	HWCode   uint16
	Names    string // as flash tools write them
	Protocol Protocol
	Watchdog uint32 // address of its register, 0 if unknown
	DACode   uint16 // the code in its Download Agents
}

// Lookup finds a chip by its hardware code.
func Lookup(hwCode uint16) (Chip, bool) {
	for _, c := range chips {
		if c.HWCode == hwCode {
			return c, true
		}
	}
	return Chip{}, false
}

// ByName finds a chip by one of its names, MT6765 or mt6765. If several codes have the name, it
// returns the first one.
func ByName(name string) (Chip, bool) {
	for _, c := range chips {
		if c.Is(name) {
			return c, true
		}
	}
	return Chip{}, false
}

// Chips returns all known chips.
func Chips() []Chip { return slices.Clone(chips) }

// Name returns the first of the chip's names, or its code if it has no name.
func (c Chip) Name() string {
	if c.Names == "" {
		return fmt.Sprintf("chip 0x%x", c.HWCode)
	}
	return c.names()[0]
}

// Is reports whether a name, such as MT6765, is one of the chip's.
func (c Chip) Is(name string) bool { return slices.Contains(c.names(), strings.ToUpper(name)) }

// names splits Names: MT6735/T,MT8735A is MT6735, MT6735T and MT8735A.
func (c Chip) names() []string {
	var out []string
	full := ""
	for _, part := range strings.FieldsFunc(strings.ToUpper(c.Names), func(r rune) bool { return r == '/' || r == ',' }) {
		part, _, _ = strings.Cut(part, " ")
		switch {
		case len(part) <= 2 && out != nil: // another variant of the last one
			out = append(out, full+part)
			continue
		case part[0] >= '0' && part[0] <= '9':
			part = "MT" + part
		}
		full = part
		out = append(out, part)
	}
	return out
}

// chips has the facts of mtkclient's brom_config.py (2026-06): the code of each chip, the address
// of its watchdog, and the code in its Download Agents.
var chips = []Chip{
	{0x279, "MT6797/MT6767", XFlash, 0x10007000, 0x6797},
	{0x321, "MT6735/T,MT8735A", Legacy, 0x10212000, 0x6735},
	{0x326, "MT6755/MT6750/M/T/S", XFlash, 0x10007000, 0x6755},
	{0x335, "MT6737M/MT6735G", Legacy, 0x10212000, 0x6735},
	{0x337, "MT6753", Legacy, 0x10212000, 0x6735},
	{0x507, "MT6759", Legacy, 0x10210000, 0x6758},
	{0x551, "MT6757/MT6757D", XFlash, 0x10007000, 0x6757},
	{0x562, "MT6799", XFlash, 0x10211000, 0x6799},
	{0x571, "MT0571", Legacy, 0x10007000, 0x571},
	{0x598, "ELBRUS/MT0598", Legacy, 0x10211000, 0x598},
	{0x601, "MT6750", XFlash, 0x10007000, 0x6755},
	{0x633, "MT6570/MT8321", XFlash, 0x10007000, 0x6570},
	{0x688, "MT6758", XFlash, 0x10211000, 0x6758},
	{0x690, "MT6763", XFlash, 0x10007000, 0x6763},
	{0x699, "MT6739/MT6731/MT8765", XFlash, 0x10007000, 0x6739},
	{0x707, "MT6768/MT6769", XFlash, 0x10007000, 0x6768},
	{0x717, "MT6761/MT6762/MT3369/MT8766B/MT8761/AC8259/AC8257", XFlash, 0x10007000, 0x6761},
	{0x725, "MT6779", XFlash, 0x10007000, 0x6779},
	{0x766, "MT6765/MT8768t", XFlash, 0x10007000, 0x6765},
	{0x788, "MT6771/MT8385/MT8183/MT8666", XFlash, 0x10007000, 0x6771},
	{0x813, "MT6785", XFlash, 0x10007000, 0x6785},
	{0x816, "MT6885/MT6883/MT6889/MT6880/MT6890", XFlash, 0x10007000, 0x6885},
	{0x886, "MT6873", XFlash, 0x10007000, 0x6873},
	{0x907, "MT6983", XML, 0x1c007000, 0x907},
	{0x908, "MT8696", XFlash, 0x10007000, 0x8696},
	{0x930, "MT8195 Chromebook", XFlash, 0x10007000, 0x8195},
	{0x950, "MT6891/MT6893", XFlash, 0x10007000, 0x6893},
	{0x959, "MT6877/MT6877V/MT8791N", XFlash, 0x10007000, 0x6877},
	{0x989, "MT6833", XFlash, 0x10007000, 0x6833},
	{0x992, "MT6880/MT6890 Modem", XFlash, 0x10007000, 0x992},
	{0x996, "MT6853", XFlash, 0x10007000, 0x6853},
	{0x1066, "MT6781", XFlash, 0x10007000, 0x6781},
	{0x1129, "MT6855", XML, 0x1c007000, 0x1129},
	{0x1172, "MT6895", XML, 0x1c007000, 0x1172},
	{0x1203, "MT6897", XML, 0x1c007000, 0x1203},
	{0x1208, "MT6789/MT8781V", XML, 0x10007000, 0x1208},
	{0x1209, "MT6835V/ZA", XML, 0x1c007000, 0x1209},
	{0x1229, "MT6886", XML, 0x1c007000, 0x1229},
	{0x1236, "MT6989W", XML, 0x1c00b000, 0x1236},
	{0x1296, "MT6985", XML, 0x1c007000, 0x1296},
	{0x1357, "MT6991", XML, 0x1c010000, 0x1357},
	{0x1375, "MT6878", XML, 0x1c00a000, 0x1375},
	{0x1471, "MT6993", XML, 0x1c010000, 0x1471},
	{0x2523, "MT2523", Legacy, 0x10007000, 0x2523},
	{0x2601, "MT2601", Legacy, 0x10007000, 0x2601},
	{0x2625, "MT2625", Legacy, 0x10007000, 0x2625},
	{0x3967, "MT3967", Legacy, 0, 0x3967},
	{0x5932, "MT5932", Legacy, 0, 0x5932},
	{0x6225, "MT6225", Legacy, 0, 0x6225},
	{0x6226, "MT6226", Legacy, 0, 0x6226},
	{0x6236, "MT6236", Legacy, 0, 0x6236},
	{0x6238, "MT6238", Legacy, 0, 0x6238},
	{0x6253, "MT6253", Legacy, 0, 0x6253},
	{0x6255, "MT6255", Legacy, 0, 0x6255},
	{0x6256, "MT6256", Legacy, 0, 0x6256},
	{0x625a, "MT625a", Legacy, 0, 0x625a},
	{0x6261, "MT6261/MT2503", Legacy, 0xa0030000, 0x6261},
	{0x6268, "MT6268", Legacy, 0, 0x6268},
	{0x6270, "MT6270", Legacy, 0, 0x6270},
	{0x6276, "MT6276", Legacy, 0, 0x6276},
	{0x6280, "MT6280", Legacy, 0, 0},
	{0x6291, "MT6291", Legacy, 0, 0x6291},
	{0x6516, "MT6516", Legacy, 0x10003000, 0x6516},
	{0x6571, "MT6571", Legacy, 0x10007400, 0x6571},
	{0x6572, "MT6572", Legacy, 0x10007000, 0x6572},
	{0x6573, "MT6573/MT6260", Legacy, 0x70025000, 0x6573},
	{0x6575, "MT6575/MT8317", Legacy, 0xc0000000, 0x6575},
	{0x6577, "MT6577", Legacy, 0xc0000000, 0x6577},
	{0x6580, "MT6580", Legacy, 0x10007000, 0x6580},
	{0x6582, "MT6582/MT6574/MT8382", Legacy, 0x10007000, 0x6582},
	{0x6583, "MT6583/6589", Legacy, 0x10000000, 0x6583},
	{0x6592, "MT6592/MT8392", Legacy, 0x10007000, 0x6592},
	{0x6595, "MT6595", Legacy, 0x10007000, 0x6595},
	{0x6752, "MT6752", Legacy, 0x10007000, 0x6752},
	{0x6795, "MT6795", Legacy, 0x10007000, 0x6795},
	{0x6899, "MT6899", XML, 0x1c010000, 0x1357},
	{0x7682, "MT7682", Legacy, 0, 0x7682},
	{0x7686, "MT7686", Legacy, 0, 0x7686},
	{0x8127, "MT8127/MT3367/AC8227L", Legacy, 0x10007000, 0x8127},
	{0x8135, "MT8135", Legacy, 0x10000000, 0x8135},
	{0x8163, "MT8163", Legacy, 0x10007000, 0x8163},
	{0x8167, "MT8167/MT8516/MT8362", XFlash, 0x10007000, 0x8167},
	{0x8168, "MT8168/MT6357", XFlash, 0x10007000, 0x8168},
	{0x8172, "MT8173", Legacy, 0x10007000, 0x8173},
	{0x8176, "MT8176", Legacy, 0x10007000, 0x8173},
	{0x8512, "MT8512", XFlash, 0x10007000, 0x8512},
	{0x8518, "MT8518 VoiceAssistant", XFlash, 0, 0x8518},
	{0x8590, "MT8590/MT7683/MT8521/MT7623", Legacy, 0x10007000, 0x8590},
	{0x8695, "MT8695", XFlash, 0x10007000, 0x8695},
}
