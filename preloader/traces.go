package preloader

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Traces is what the content of a file says about itself.
type Traces struct {
	Bloader   *Bloader   `json:"bloader_info,omitempty"` // nil on the newest chips
	ROMInfo   *ROMInfo   `json:"rom_info,omitempty"`
	BuildTime string     `json:"build_time,omitempty"` // "YYYYMMDD-HHMMSS" of the builder's clock
	LibTime   string     `json:"lib_time,omitempty"`   // the same of the prebuilt security library
	Branch    string     `json:"branch,omitempty"`     // source branch: "alps-mp-p0.mp1"
	Nested    []int64    `json:"nested,omitempty"`     // FILE_INFO blocks inside the content, not files of their own
	Platform  Platform   `json:"platform"`
	Evidence  []Evidence `json:"evidence"` // what Platform was concluded from
}

// Fields of MTK_BLOADER_INFO, bytes from its start (mtkclient stage2.py, daconfig.py).
const (
	bliMagic    = "MTK_BLOADER_INFO_v"
	bliIDLen    = 0x1B
	bliName     = 0x1B
	bliNameLen  = 61
	bliCount    = 0x6C
	bliEntries  = 0x70
	bliMaxSize  = 0x10000
	bliMaxCount = 256

	// Some builds end the content with a block of this size behind the length word.
	bliRetry = 0x800
)

// Bloader is the block that names the board and lists the DRAM chips it may carry.
// It ends the content of all but the newest preloaders.
type Bloader struct {
	Offset   int64      `json:"offset"`  // in the image
	Version  string     `json:"version"` // "v35"
	FileName string     `json:"file"`
	Board    string     `json:"board"` // of FileName, "" when that is malformed or a left-over default
	EMICount uint32     `json:"emi_count"`
	EMI      []EMIEntry `json:"emi,omitempty"` // nil when the count does not fit the block
}

// EMIEntry is the setting of one DRAM chip, undecoded: its length depends on the
// chip generation (84 to 188 bytes seen).
type EMIEntry struct {
	Offset int64 `json:"offset"` // in the image
	Raw    Hex   `json:"raw"`
}

// Hex is bytes that JSON shows as hexadecimal.
type Hex []byte

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

// Fields of AND_ROMINFO, bytes from its start (MediaTek's security library).
const (
	romMagic    = "AND_ROMINFO_v"
	romSub      = 0x12
	romPlatform = 0x14
	romProject  = 0x24
	romSecRO    = 0x34
	romSize     = 0x50
)

// ROMInfo is the block the security library keeps about its ROM.
type ROMInfo struct {
	Offset   int64  `json:"offset"` // in the image
	Platform string `json:"platform"`
	Project  string `json:"project"`

	// Older layouts say where SEC_RO and SECCFG are, in linear addresses (those of
	// the scatter file, not of the dump). nil when the layout, or the builder, does not.
	Security *SecurityPlaces `json:"security,omitempty"`
}

// SecurityPlaces are linear flash addresses and lengths in bytes.
type SecurityPlaces struct {
	SecRO  flash.Extent `json:"sec_ro"`
	SecCfg flash.Extent `json:"sec_cfg"`
}

// hit is a place in the content that says something.
type hit struct {
	offset int64  // in the image
	text   string // what the pattern captured
	before string // the bytes in front of it
}

// A tracer finds one kind of hit: a marker, cheap to search for, and the pattern that
// must match where the marker stands.
type tracer struct {
	kind   int
	marker string
	re     *regexp.Regexp
}

// Kinds of hits.
const (
	hitPath   = iota // the chip in the preloader's own source path
	hitChip          // a chip's name elsewhere
	hitDate          // YYYYMMDD-HHMMSS
	hitBranch        // a source branch
	hitROM           // AND_ROMINFO
	hitBLI           // MTK_BLOADER_INFO
	hitInfo          // FILE_INFO
	hitKinds
)

var (
	chipRE  = regexp.MustCompile(`^(?i:mtk?_?)(6[5789]\d\d|8[1367]\d\d)(?:[^\d]|$)`)
	tracers = []tracer{
		{hitPath, "platform/mt", regexp.MustCompile(`^platform/mt(\d{4})[a-z]?/`)},
		{hitChip, "MT", chipRE},
		{hitChip, "mt", chipRE},
		{hitDate, "20", regexp.MustCompile(`^(20[0-3]\d[01]\d[0-3]\d-[0-2]\d[0-5]\d[0-5]\d)`)},
		{hitBranch, "alps-", regexp.MustCompile(`^(alps-[A-Za-z][A-Za-z0-9._-]{2,60})`)},
		{hitROM, romMagic, regexp.MustCompile(`^()`)},
		{hitBLI, bliMagic, regexp.MustCompile(`^()`)},
		{hitInfo, gfhMagic, regexp.MustCompile(`^MMM(?s:.)8\x00\x00\x00(FILE_INFO)\x00`)},
	}
)

// traceMargin is longer than any match and the text in front of it that matters.
const traceMargin = 128

// hits are all matches, by kind and then by offset.
type hits [hitKinds][]hit

// readTraces searches the content, as much of it as is here.
func (f *File) readTraces(img flash.Image) ([]flash.Problem, error) {
	h, err := findTraces(img, f.Content)
	if err != nil {
		return nil, err
	}
	for _, x := range h[hitInfo] {
		f.Nested = append(f.Nested, x.offset)
	}
	f.BuildTime, f.LibTime = pickTimes(h[hitDate])
	if len(h[hitBranch]) > 0 {
		f.Branch = h[hitBranch][0].text
	}
	for _, x := range h[hitROM] {
		if f.ROMInfo == nil && (x.offset-f.Extent.Offset)%4 == 0 {
			if f.ROMInfo, err = readROMInfo(img, x.offset); err != nil {
				return nil, err
			}
		}
	}
	ps, err := f.readBloader(img, h[hitBLI])
	if err != nil {
		return nil, err
	}
	f.Evidence = f.weigh(h)
	f.Platform = conclude(f.Evidence)
	return ps, nil
}

func findTraces(img flash.Image, content flash.Extent) (*hits, error) {
	var h hits
	err := windows(img, content, traceMargin, func(w window) error {
		for _, t := range tracers {
			for at := w.from; at < w.to; at++ {
				n := bytes.Index(w.bytes[at:], []byte(t.marker))
				if at += n; n < 0 || at >= w.to {
					break
				}
				if m := t.re.FindSubmatch(w.bytes[at:min(at+traceMargin, len(w.bytes))]); m != nil {
					before := w.bytes[max(0, at-48):at]
					h[t.kind] = append(h[t.kind], hit{w.offset + int64(at), string(m[1]), string(before)})
				}
			}
		}
		return nil
	})
	return &h, err
}

// pickTimes tells the preloader's own build time from that of the prebuilt security
// library: compilers put each right behind the format string that prints it.
func pickTimes(dates []hit) (build, lib string) {
	for _, d := range dates {
		format := strings.TrimRight(d.before, "\x00\n")
		format = format[strings.LastIndexByte(format, 0)+1:]
		switch {
		case strings.Contains(format, "SecLib"):
			lib = d.text
		case build == "" || strings.HasSuffix(format, "Build Time: %s"):
			build = d.text
		}
	}
	return build, lib
}

func readROMInfo(img flash.Image, off int64) (*ROMInfo, error) {
	b, err := peek(img, off, romSize)
	if err != nil || len(b) < romSize {
		return nil, err
	}
	r := &ROMInfo{Offset: off, Platform: text(b[romPlatform:romProject]), Project: text(b[romProject:romSecRO])}
	at := func(i int) int64 { return int64(binary.LittleEndian.Uint32(b[romSecRO+4*i:])) }
	if binary.LittleEndian.Uint16(b[romSub:]) == 0 && at(0) == 1 && at(1) != 0 {
		r.Security = &SecurityPlaces{
			SecRO:  flash.Extent{Offset: at(1), Length: at(2)},
			SecCfg: flash.Extent{Offset: at(5), Length: at(6)},
		}
	}
	return r, nil
}

// text is a fixed field as text: up to the first NUL, trimmed, and "" unless all of
// it is printable.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	if bytes.ContainsFunc(b, func(r rune) bool { return r < 0x20 || r > 0x7E }) {
		return ""
	}
	return strings.TrimSpace(string(b))
}
