package boot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Facts holds the fields of a header, without sizes. Fields that its version does not
// have are zero.
type Facts struct {
	OSVersion   string `json:"os_version,omitempty"`  // "11.0.0"
	PatchLevel  string `json:"patch_level,omitempty"` // "2021-05"
	Board       string `json:"board,omitempty"`
	Cmdline     string `json:"cmdline"`
	KernelAddr  Addr   `json:"kernel_addr,omitempty"`
	RamdiskAddr Addr   `json:"ramdisk_addr,omitempty"`
	SecondAddr  Addr   `json:"second_addr,omitempty"`
	TagsAddr    Addr   `json:"tags_addr,omitempty"`
	DTBAddr     Addr   `json:"dtb_addr,omitempty"`
}

// Addr is a load address. Its text is hexadecimal.
type Addr int64

// String returns the address in hexadecimal.
func (a Addr) String() string { return fmt.Sprintf("0x%x", int64(a)) }

// MarshalText writes the address for JSON.
func (a Addr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads hexadecimal with 0x, or decimal.
func (a *Addr) UnmarshalText(b []byte) error {
	n, err := strconv.ParseInt(string(b), 0, 64)
	if err != nil {
		return fmt.Errorf("boot: %q is not an address", b)
	}
	*a = Addr(n)
	return nil
}

// Facts reads the fields of the header. Texts are made printable. Apply changes only
// what differs from Facts, so the original bytes of a text are kept.
func (b *Image) Facts() Facts {
	l := b.layout
	f := Facts{
		Board: text(take(b.Header, l.board)), Cmdline: b.cmdline(),
		KernelAddr: Addr(get(b.Header, l.kernelAddr)), RamdiskAddr: Addr(get(b.Header, l.ramdiskAddr)),
		SecondAddr: Addr(get(b.Header, l.secondAddr)), TagsAddr: Addr(get(b.Header, l.tagsAddr)), DTBAddr: Addr(get(b.Header, l.dtbAddr)),
	}
	f.OSVersion, f.PatchLevel = osVersion(uint32(get(b.Header, l.osVersion)))
	return f
}

// cmdline joins the two halves that versions 0 to 2 have.
func (b *Image) cmdline() string {
	first := take(b.Header, b.layout.cmdline)
	if i := slices.Index(first, 0); i >= 0 && i < len(first)-1 || b.layout.moreCmdline.size == 0 {
		return text(first)
	}
	return text(slices.Concat(first, take(b.Header, b.layout.moreCmdline)))
}

// osVersion decodes the packed word: 7 bits for each of three numbers, 7 for the year
// from 2000, 4 for the month.
func osVersion(v uint32) (version, patch string) {
	if a := v >> 11; a != 0 {
		version = fmt.Sprintf("%d.%d.%d", a>>14, a>>7&0x7F, a&0x7F)
	}
	if p := v & 0x7FF; p != 0 {
		patch = fmt.Sprintf("%d-%02d", 2000+p>>4, p&0xF)
	}
	return version, patch
}

// packVersion is the reverse of osVersion.
func packVersion(version, patch string) (int64, error) {
	var a, b, c, y, m int64
	if version != "" {
		if n, err := fmt.Sscanf(version, "%d.%d.%d", &a, &b, &c); n != 3 || err != nil || max(a, b, c) > 127 || min(a, b, c) < 0 {
			return 0, fmt.Errorf("boot: os version %q is not like 11.0.0", version)
		}
	}
	if patch != "" {
		if n, err := fmt.Sscanf(patch, "%d-%d", &y, &m); n != 2 || err != nil || y < 2000 || y > 2127 || m < 0 || m > 15 {
			return 0, fmt.Errorf("boot: patch level %q is not like 2021-05", patch)
		}
		y -= 2000
	}
	return a<<25 | b<<18 | c<<11 | y<<4 | m, nil
}

// Apply changes the header where f differs from Facts. It returns an error if a value
// does not fit, or if this version of the header has no such field.
func (b *Image) Apply(f Facts) error {
	old, l := b.Facts(), b.layout
	if f == old {
		return nil
	}
	if err := b.touch(); err != nil {
		return err
	}
	for _, n := range []struct {
		name     string
		was, now Addr
		at       field
	}{
		{"kernel_addr", old.KernelAddr, f.KernelAddr, l.kernelAddr},
		{"ramdisk_addr", old.RamdiskAddr, f.RamdiskAddr, l.ramdiskAddr},
		{"second_addr", old.SecondAddr, f.SecondAddr, l.secondAddr},
		{"tags_addr", old.TagsAddr, f.TagsAddr, l.tagsAddr},
		{"dtb_addr", old.DTBAddr, f.DTBAddr, l.dtbAddr},
	} {
		switch {
		case n.was == n.now:
			continue
		case n.at.size == 0:
			return b.lacks(n.name)
		case n.now < 0 || n.at.size == 4 && n.now > most:
			return fmt.Errorf("boot: %s %s does not fit the header", n.name, n.now)
		}
		put(b.Header, n.at, int64(n.now))
	}
	if f.OSVersion != old.OSVersion || f.PatchLevel != old.PatchLevel {
		if l.osVersion.size == 0 {
			return b.lacks("os_version")
		}
		v, err := packVersion(f.OSVersion, f.PatchLevel)
		if err != nil {
			return err
		}
		put(b.Header, l.osVersion, v)
	}
	if f.Board != old.Board {
		if err := b.putText("board", f.Board, l.board); err != nil {
			return err
		}
	}
	if f.Cmdline != old.Cmdline {
		return b.putText("cmdline", f.Cmdline, l.cmdline, l.moreCmdline)
	}
	return nil
}

// putText writes s to the fields, one after the other; the last byte stays zero.
func (b *Image) putText(name, s string, fields ...field) error {
	room := 0
	for _, f := range fields {
		room += f.size
	}
	switch {
	case room == 0:
		return b.lacks(name)
	case len(s) >= room || strings.ContainsRune(s, 0):
		return fmt.Errorf("boot: %s of %d bytes does not fit the %d of the header", name, len(s), room-1)
	}
	for _, f := range fields {
		clear(b.Header[f.off : f.off+f.size])
		s = s[copy(b.Header[f.off:f.off+f.size], s):]
	}
	return nil
}

func (b *Image) lacks(name string) error {
	return fmt.Errorf("boot: a header of version %d has no %s", b.Version, name)
}

func take(head []byte, f field) []byte { return head[f.off : f.off+f.size] }

// text returns the printable text up to the first NUL.
func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}
