// Package imei finds the IMEIs that a phone's modem keeps, to say whether a dump has them.
//
//	nvdata       an ext4 with md/NVRAM/NVD_IMEI/MP0B_001 or LD0B_001
//	userdata     the same below nvram/, on phones without nvdata
//	nvram        a map of paths in its first 0x20000 bytes, and the records behind it
//
// MP0B_001 has 12 bytes for each SIM: 15 digits in packed decimal, low nibble first, under a
// mask of 8 bytes; 2 bytes more; sums of the even and of the odd bytes before. The layout and
// the masks are those of github.com/chuacw/WriteIMEI and github.com/Skyrimus/imei_gen_mt6xxx.
//
// LD0B_001, of later phones, begins with LDI; at 0x40 follow 32 bytes for each SIM, in AES-128
// ECB under a key that all modems have: the same packed digits, 2 bytes more, and the MD5 of
// those 10 with its halves xored. The format is described in
// github.com/alltechdev/mtk-imei-switcheroo, docs, the key's making in
// github.com/bkerler/mtkclient (SST). The map of nvram is described there, too.
//
// None of this was held against a real phone's bytes here. What is found is proven by its sums
// and by the check digit; what does not prove is not understood, and never called empty.
package imei

import (
	"strings"
)

// Number is an IMEI. It prints masked: who sees a screen may know the model, which is 8 of
// its digits, so 2 at each end is all that is shown.
type Number struct{ digits string }

// String returns the masked number.
func (n Number) String() string {
	if len(n.digits) < 4 {
		return ""
	}
	return n.digits[:2] + strings.Repeat("*", len(n.digits)-4) + n.digits[len(n.digits)-2:]
}

// Digits returns the number in clear.
func (n Number) Digits() string { return n.digits }

// State is what is known of a place where IMEIs are kept.
type State string

// The states of a place.
const (
	Held    State = "held"    // it has IMEIs
	Empty   State = "empty"   // its records are read, and prove that there is none
	None    State = "none"    // its file system is read, and has no such record
	Unknown State = "unknown" // a record is there, or should be, and was not understood
)

// Finding is what one place has.
type Finding struct {
	Path    string // the record, within the partition; "" where there is none
	State   State
	Numbers []Number // in the order of the SIMs
	Why     string   // of Unknown: why
}

// decided sums up what the slots of a record hold.
func decided(path string, slots []slot) *Finding {
	f := &Finding{Path: path, State: Unknown, Why: "the record is damaged, or of a form that is not known"}
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
