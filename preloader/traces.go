package preloader

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Traces are facts about a file, found in its content.
type Traces struct {
	Bloader   *Bloader   `json:"bloader_info,omitempty"` // nil on the newest chips
	ROMInfo   *ROMInfo   `json:"rom_info,omitempty"`
	BuildTime string     `json:"build_time,omitempty"` // "YYYYMMDD-HHMMSS" of the builder's clock
	LibTime   string     `json:"lib_time,omitempty"`   // the same for the prebuilt security library
	Branch    string     `json:"branch,omitempty"`     // source branch: "alps-mp-p0.mp1"
	Nested    []int64    `json:"nested,omitempty"`     // offsets of FILE_INFO blocks inside the content that are not files
	Platform  Platform   `json:"platform"`
	Evidence  []Evidence `json:"evidence"` // the evidence for Platform
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

	// Some builds have a block of this size after the length word, at the end of the content.
	bliRetry = 0x800
)

// Bloader is the MTK_BLOADER_INFO block, which names the board and lists the possible DRAM chips.
// It is at the end of the content, except in the newest preloaders.
type Bloader struct {
	Offset   int64      `json:"offset"`  // in the image
	Version  string     `json:"version"` // "v35"
	FileName string     `json:"file"`
	Board    string     `json:"board"` // from FileName, "" if that is malformed or the default
	EMICount uint32     `json:"emi_count"`
	EMI      []EMIEntry `json:"emi,omitempty"` // nil if the count does not match the size of the block
}

// EMIEntry has the settings of one DRAM chip, not decoded. The length depends on the generation of
// the chip (84 to 188 bytes in known files).
type EMIEntry struct {
	Offset int64 `json:"offset"` // in the image
	Raw    Hex   `json:"raw"`
}

// Hex are bytes that are hexadecimal in JSON.
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

// ROMInfo is the security library's block about its ROM.
type ROMInfo struct {
	Offset   int64  `json:"offset"` // in the image
	Platform string `json:"platform"`
	Project  string `json:"project"`

	// Security has the locations of SEC_RO and SECCFG, which older layouts contain, as linear
	// addresses (those of the scatter file, not offsets in the dump). It is nil if the block has
	// none.
	Security *SecurityPlaces `json:"security,omitempty"`
}

// SecurityPlaces are linear flash addresses and lengths in bytes.
type SecurityPlaces struct {
	SecRO  flash.Extent `json:"sec_ro"`
	SecCfg flash.Extent `json:"sec_cfg"`
}

// hit is one match of a pattern in the content.
type hit struct {
	offset int64  // in the image
	text   string // the captured text
	before string // the bytes before it
}

// tracer finds one kind of hit: it searches for marker, which is fast, and matches re at each
// marker.
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

// traceMargin is longer than any match and the needed text before it, bytes.
const traceMargin = 128

// hits are all matches, by kind and then by offset.
type hits [hitKinds][]hit

// readTraces searches the part of the content that the image has.
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

// pickTimes separates the preloader's own build time from that of the prebuilt security library:
// compilers put each time directly after the format string that prints it.
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

// text returns a fixed field as text: up to the first NUL, trimmed, and "" if a character is not
// printable.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	if bytes.ContainsFunc(b, func(r rune) bool { return r < 0x20 || r > 0x7E }) {
		return ""
	}
	return strings.TrimSpace(string(b))
}
