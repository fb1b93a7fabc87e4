package scatter

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// This file reads lists of names and addresses. V1 was written by MediaTek's tools
// until MT6589:
//
//	PRELOADER 0x0              eMMC: addresses count from the first boot region
//	{                          ("linear"); the MBR row is at the start of the user
//	}                          area, and rows before it are in the boot region.
//	MBR 0x600000               NAND (no MBR): addresses count from the chip's start.
//	{
//	}
//	__NODL_NVRAM 0xe00000      not downloaded
//	__NODL_BMTPOOL 0xFFFF00a8  reserved: blocks before the end
//
// The list in update packages is in lower case and has no braces. Its addresses count
// from the start of their own region (preloader and pgpt are both at 0x0). Neither list
// has sizes: a row ends where the next one begins.
//
// A row is stored with the keys of the text dialects, so that Table and Convert need
// not know the dialect.

// Prefixes of names in V1.
const (
	noDownload       = "__NODL_"
	noDownloadReserv = "__NODL_RSV_"
)

// pair separates "NAME 0xADDRESS"; one or both braces may follow on the same line.
func pair(line string) (name, address string, ok bool) {
	w := strings.Fields(strings.TrimRight(bare(line), "{} \t"))
	if len(w) != 2 || !isWord(w[0]) || !strings.HasPrefix(strings.ToLower(w[1]), "0x") {
		return "", "", false
	}
	_, ok = number(w[1])
	return w[0], w[1], ok
}

// isBraces matches a pair with a brace behind it, on its line or the next.
func isBraces(lines []string) bool {
	n := firstText(lines)
	if n > len(lines) {
		return false
	}
	if _, _, ok := pair(lines[n-1]); !ok {
		return false
	}
	if strings.Contains(lines[n-1], "{") {
		return true
	}
	next := n + firstText(lines[n:])
	return next <= len(lines) && strings.HasPrefix(bare(lines[next-1]), "{")
}

// isList matches a file that contains only "name 0xaddress" lines.
func isList(lines []string) bool {
	pairs := 0
	for _, l := range lines {
		s := bare(l)
		if s == "" || s[0] == '#' {
			continue
		}
		if _, _, ok := pair(l); !ok {
			return false
		}
		pairs++
	}
	return pairs >= 2
}

// readPairs returns the reader of one of the two lists.
func readPairs(d Dialect) func(*File) error {
	return func(f *File) error {
		f.Dialect = d
		s := &section{}
		var odd []int
		for i, l := range f.lines {
			name, address, ok := pair(l)
			switch text := bare(l); {
			case ok:
				s.rows = append(s.rows, pairRow(d, name, address, i+1))
			case text != "" && text[0] != '#' && strings.Trim(text, "{} \t") != "":
				odd = append(odd, i+1)
			}
			if len(s.rows) > maxRows {
				return lineError(i+1, nil, "more than %d rows; no flash has so many", maxRows)
			}
		}
		f.reportOdd(odd)
		s.info.Storage = pairStorage(d, s.rows)
		f.sections = []section{*s}
		f.use(0)
		return nil
	}
}

// pairRow makes a row with the keys of the text from a pair. V1 has linear addresses,
// lists of update packages have physical ones.
func pairRow(d Dialect, name, address string, line int) Row {
	key, download := "physical_start_addr", true
	reservd := false
	if d == V1 {
		key = "linear_start_addr"
		switch upper := strings.ToUpper(name); {
		case strings.HasPrefix(upper, noDownloadReserv):
			name, download, reservd = name[len(noDownloadReserv):], false, true
		case strings.HasPrefix(upper, noDownload):
			name, download = name[len(noDownload):], false
		}
	}
	if isCount(address) && (!download || usuallyReserved(name)) {
		download, reservd = false, true
	}
	r := Row{Line: line, Fields: []Field{{"partition_name", name, line}}}
	if d == V1 {
		r.Fields = append(r.Fields, Field{"is_download", boolWord(download), line})
	}
	r.Fields = append(r.Fields, Field{key, address, line})
	if reservd {
		r.Fields = append(r.Fields, Field{"is_reserved", "true", line})
	}
	return r
}

// isCount reports whether an address has the form of a count from the end.
func isCount(address string) bool {
	v, ok := number(address)
	return ok && v>>16 == 0xFFFF
}

// usuallyReserved reports whether rows of that name are counted from the end in files
// that have is_reserved. In a list, an address just below 4 GiB is an ordinary address
// for all other names.
func usuallyReserved(name string) bool { return Defaults(name, "").Operation == reserved }

func boolWord(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// pairStorage finds the storage of a V1 list: eMMC has an MBR. A list of an update
// package does not name its storage.
func pairStorage(d Dialect, rows []Row) flash.Storage {
	for _, r := range rows {
		switch strings.ToUpper(r.Get("partition_name")) {
		case "MBR", "EBR1":
			return flash.EMMC
		}
	}
	if d == V1 {
		return flash.NAND
	}
	return ""
}
