package image

import (
	"slices"
	"strings"
)

// Verdict is the result of comparing the content at the start of a row with the row's
// name.
type Verdict int

// The verdicts. Most content is Neutral under any name: zeros, encrypted data and
// private formats. Every content is Neutral under a name that is not in promises.
const (
	Neutral      Verdict = iota
	Confirmed            // the content is of the kind that the name promises
	Contradicted         // the content has a clear kind that is not possible under this name
)

// String returns the verdict as a word, such as "confirmed".
func (v Verdict) String() string {
	return [...]string{"neutral", "confirmed", "contradicted"}[min(max(v, Neutral), Contradicted)]
}

// role is the part of the phone that a MediaTek section belongs to.
type role string

const (
	loader      role = "loader"
	logo        role = "logo"
	kernel      role = "kernel"
	trusted     role = "trusted world"
	modem       role = "modem"
	coprocessor role = "coprocessor"
	overlay     role = "device tree overlay"
)

// roles gives the role of a section by the start of its name, in lower case. Other
// names (cert1, names of vendors) have no role.
var roles = []struct {
	prefix string
	role   role
}{
	{"lk", loader}, {"uboot", loader}, {"u-boot", loader},
	{"logo", logo},
	{"kernel", kernel}, {"rootfs", kernel}, {"recovery", kernel},
	{"atf", trusted}, {"tee", trusted}, {"trustzone", trusted}, {"gz", trusted},
	{"md1", modem}, {"md3", modem},
	{"tinysys", coprocessor}, {"spmfw", coprocessor}, {"mcupm", coprocessor},
	{"dpm", coprocessor}, {"cam_vpu", coprocessor}, {"pi_img", coprocessor},
	{"dtbo", overlay}, {"odmdtbo", overlay},
}

func roleOf(section string) role {
	section = strings.ToLower(section)
	for _, r := range roles {
		if strings.HasPrefix(section, r.prefix) {
			return r.role
		}
	}
	return ""
}

// Kinds that cannot be at the start of a row unless the row is theirs. Each has a magic
// of four bytes or more (ext4: two bytes and a plausible superblock), and no known
// phone keeps it elsewhere. Tables and FAT are not in the lists that are used for
// userdata, because users put them there.
var (
	payloads    = []Kind{AndroidBoot, VendorBoot, VBMeta, DTBO, SecRO}
	fileSystems = []Kind{Ext4, F2FS, EROFS, SquashFS}
	firstBlocks = []Kind{GPT, BootRegion, MTKPreloader, Super}
)

// promise holds what the name of a row promises about its content.
type promise struct {
	kinds    []Kind   // expected here
	role     role     // role of the MediaTek sections that are expected here
	tolerate []Kind   // unusual, but seen or possible
	foreign  [][]Kind // contradicts the name, unless listed above
}

var (
	raw  = [][]Kind{payloads, fileSystems, firstBlocks} // rows of code, without a file system
	data = [][]Kind{payloads}                           // rows with a file system
)

// promises by canonical name: lower case, as on GPT phones, without _a or _b.
var promises = func() map[string]promise {
	m := map[string]promise{
		"boot":        {kinds: []Kind{AndroidBoot}, role: kernel, foreign: raw},
		"init_boot":   {kinds: []Kind{AndroidBoot}, role: kernel, foreign: raw},
		"recovery":    {kinds: []Kind{AndroidBoot}, role: kernel, tolerate: []Kind{VendorBoot}, foreign: raw},
		"vendor_boot": {kinds: []Kind{VendorBoot}, tolerate: []Kind{AndroidBoot}, foreign: raw},
		"logo":        {role: logo, foreign: raw},
		"super":       {kinds: []Kind{Super}, foreign: data},
		"secro":       {kinds: []Kind{SecRO}, foreign: data}, // ext4 or YAFFS on old phones
		"preloader":   {kinds: []Kind{BootRegion, MTKPreloader}},
		"bl2":         {kinds: []Kind{BootRegion, MTKPreloader}}, // OpenWrt's name
		"pgpt":        {kinds: []Kind{GPT}},
		"mbr":         {kinds: []Kind{MBR}},
	}
	for _, g := range []struct {
		names   string
		promise promise
	}{
		{"lk lk2", promise{role: loader, foreign: raw}},
		{"tee tee1 tee2 gz gz1 gz2", promise{role: trusted, foreign: raw}},
		{"md1img md1dsp md1arm7 md3img", promise{role: modem, foreign: raw}},
		{"scp scp1 scp2 sspm sspm_1 sspm_2 spmfw mcupm mcupm_1 mcupm_2 mcupmfw dpm dpm_1 dpm_2 " +
			"cam_vpu1 cam_vpu2 cam_vpu3 pi_img", promise{role: coprocessor, foreign: raw}},
		{"dtbo odmdtbo", promise{kinds: []Kind{DTBO}, role: overlay, foreign: raw}},
		{"vbmeta vbmeta_system vbmeta_vendor", promise{kinds: []Kind{VBMeta}, foreign: raw}},
		{"ebr1 ebr2 ebr3 ebr4 ebr5 ebr6 ebr7 ebr8 ebr9", promise{kinds: []Kind{MBR}}},
		// A super partition may begin in system: retrofitted dynamic partitions.
		{"system vendor product system_ext cache userdata persist protect1 protect2 nvdata",
			promise{kinds: fileSystems, foreign: data}},
	} {
		for name := range strings.FieldsSeq(g.names) {
			m[name] = g.promise
		}
	}
	return m
}()

// Agrees compares the canonical name of a row (lower case, with or without _a or _b)
// with the content at its start. The result is Contradicted only for content that has a
// clear kind and belongs elsewhere. If there is doubt, or the name is not known, it is
// Neutral.
func Agrees(name string, c Content) Verdict {
	name = strings.TrimSuffix(strings.TrimSuffix(name, "_a"), "_b")
	p, known := promises[name]
	switch {
	case !known:
		return Neutral
	case c.Kind == MTKImage:
		return p.section(roleOf(c.Label))
	case slices.Contains(p.kinds, c.Kind):
		return Confirmed
	case slices.Contains(p.tolerate, c.Kind):
		return Neutral
	}
	for _, kinds := range p.foreign {
		if slices.Contains(kinds, c.Kind) {
			return Contradicted
		}
	}
	return Neutral
}

// section judges a MediaTek section: only two known roles can differ. A row that only
// promises kinds does not accept any known role.
func (p promise) section(r role) Verdict {
	switch {
	case r == "" || p.foreign == nil:
		return Neutral
	case r == p.role:
		return Confirmed
	}
	return Contradicted
}
