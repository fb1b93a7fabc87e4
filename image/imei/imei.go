// Package imei finds the records in which the modem keeps a phone's IMEIs, to report
// whether a dump contains them. Limits: the forms MP0B_001 and LD0B_001 below; it
// writes nothing.
//
//	nvdata       an ext4 with md/NVRAM/NVD_IMEI/MP0B_001 or LD0B_001
//	userdata     the same below nvram/, on phones without nvdata
//	nvram        a map of paths in its first 0x20000 bytes, and the records behind it
//
// MP0B_001 has 12 bytes for each SIM: 15 digits in packed decimal, low nibble first,
// under a mask of 8 bytes; 2 more bytes; then the sums of the even and of the odd bytes
// before. The layout and the masks are those of github.com/chuacw/WriteIMEI and
// github.com/Skyrimus/imei_gen_mt6xxx.
//
// LD0B_001, of later phones, begins with LDI. At 0x40 there are 32 bytes for each SIM,
// in AES-128 ECB with a key that all modems have: the same packed digits, 2 more bytes,
// and the MD5 of these 10 bytes with its halves xored. Sources: the format in
// github.com/alltechdev/mtk-imei-switcheroo, docs; the key in
// github.com/bkerler/mtkclient (SST). The map of nvram is described there, too.
//
// None of this was compared with bytes of a real phone. A number is accepted only if
// its sums and its check digit are right. A record that is not understood is Unknown,
// never Empty.
package imei

import (
	"strings"
)

// Number is an IMEI. It prints masked, with only 2 digits at each end: 8 of its digits
// are known to everybody who knows the model.
type Number struct{ digits string }

// String returns the masked number.
func (n Number) String() string {
	if len(n.digits) < 4 {
		return ""
	}
	return n.digits[:2] + strings.Repeat("*", len(n.digits)-4) + n.digits[len(n.digits)-2:]
}

// Digits returns the full number.
func (n Number) Digits() string { return n.digits }

// State is the result of looking for IMEIs in one partition.
type State string

// The states of a partition.
const (
	Held    State = "held"    // it has IMEIs
	Empty   State = "empty"   // its records were read and contain no IMEI
	None    State = "none"    // its file system was read and has no such record
	Unknown State = "unknown" // a record exists, or should exist, but was not understood
)

// Finding is the result for one partition.
type Finding struct {
	Path    string // path of the record in the partition; "" if there is none
	State   State
	Numbers []Number // in the order of the SIMs
	Why     string   // for Unknown: the reason
}

// decided makes the Finding from the slots of a record.
func decided(path string, slots []slot) *Finding {
	f := &Finding{Path: path, State: Unknown, Why: "the record is damaged, or has an unknown form"}
	empty, odd := 0, 0
	for _, s := range slots {
		switch s.state {
		case Held:
			f.Numbers = append(f.Numbers, Number{s.digits})
		case Empty:
			empty++
		default:
			odd++
		}
	}
	switch {
	case len(f.Numbers) > 0:
		f.State, f.Why = Held, ""
	case empty > 0 && odd == 0:
		f.State, f.Why = Empty, ""
	}
	return f
}
