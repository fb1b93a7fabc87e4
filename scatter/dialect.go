package scatter

import "strings"

// dialect is one way of writing a scatter file. A new one is a file with its two
// functions and a line in the list below.
type dialect struct {
	name  string
	match func(lines []string) bool // looks at the head of a file, or all of it
	read  func(f *File) error       // turns f.lines into the rest of f
}

// dialects lists what is known, the first match decides: the two-storage text also
// has what the single-storage text is known by, and so on down the list.
func dialects() []dialect {
	return []dialect{
		{"UTF-16 text", isUTF16, refuse("text in UTF-16, save it as UTF-8 or ASCII")},
		{"XML", isXML, refuse("XML scatter file (SP Flash Tool v6)")},
		{"V2 text", hasKey("storage_type"), refuse("two-storage text (V2.x, with storage_type)")},
		{"V1.1 text", hasKey("partition_index"), readText},
		{"V1 text", isBraces, refuse("V1 text, NAME 0xADDRESS { } (MT6573 to MT6589)")},
		{"OTA list", isList, refuse("list of names and addresses from an update package, without sizes")},
		{"hand-made text", hasKey("partition_name"), refuseHandMade},
	}
}

// detect returns the dialect of a file or its head, nil when it is no scatter file.
func detect(lines []string) *dialect {
	for _, d := range dialects() {
		if d.match(lines) {
			return &d
		}
	}
	return nil
}

// refuse names a dialect that is not read, and the line it shows in.
func refuse(what string) func(*File) error {
	return func(f *File) error { return lineError(firstText(f.lines), ErrDialect, "%s", what) }
}

// firstText returns the number of the first line that is neither blank nor comment.
func firstText(lines []string) int {
	for i, l := range lines {
		if s := bare(l); s != "" && s[0] != '#' {
			return i + 1
		}
	}
	return 1
}

// hasKey matches a file that has the key anywhere.
func hasKey(key string) func([]string) bool {
	return func(lines []string) bool { return keyLine(lines, key) > 0 }
}

// keyLine returns the number of the first line with that key, 0 when there is none.
func keyLine(lines []string, key string) int {
	for i, l := range lines {
		if f, _, ok := field(l, i+1); ok && strings.EqualFold(f.Key, key) {
			return i + 1
		}
	}
	return 0
}

func isUTF16(lines []string) bool {
	if len(lines) == 0 {
		return false
	}
	mark := strings.HasPrefix(lines[0], "\xff\xfe") || strings.HasPrefix(lines[0], "\xfe\xff")
	return mark && anyHas(lines, strings.Join(strings.Split("partition_", ""), "\x00"))
}

func isXML(lines []string) bool {
	n := firstText(lines)
	return n <= len(lines) && strings.HasPrefix(bare(lines[n-1]), "<") &&
		(anyHas(lines, "<partition_index ") || anyHas(lines, "MTK_PLATFORM_CFG"))
}

func anyHas(lines []string, s string) bool {
	for _, l := range lines {
		if strings.Contains(l, s) {
			return true
		}
	}
	return false
}

// isBraces matches "NAME 0xADDRESS" followed by a line with an opening brace.
func isBraces(lines []string) bool {
	n := firstText(lines)
	if n >= len(lines) || !isPair(bare(lines[n-1])) {
		return false
	}
	next := n + firstText(lines[n:])
	return next <= len(lines) && bare(lines[next-1]) == "{"
}

// isList matches a file of nothing but "name 0xaddress" lines.
func isList(lines []string) bool {
	pairs := 0
	for _, l := range lines {
		s := bare(l)
		if s == "" || s[0] == '#' {
			continue
		}
		if !isPair(s) {
			return false
		}
		pairs++
	}
	return pairs >= 2
}

// isPair reports whether s is a name and a hexadecimal number.
func isPair(s string) bool {
	w := strings.Fields(s)
	if len(w) != 2 || !isWord(w[0]) || !strings.HasPrefix(strings.ToLower(w[1]), "0x") {
		return false
	}
	_, ok := number(w[1])
	return ok
}

// refuseHandMade says what a file without partition_index lines lacks. Rows cannot
// be told apart without them, and no flash tool reads such a file either.
func refuseHandMade(f *File) error {
	missing := "partition_index line before partition_name"
	if keyLine(f.lines, "config_version") == 0 {
		missing += ", no header with config_version"
	}
	return lineError(keyLine(f.lines, "partition_name"), ErrDialect, "hand-made file: no %s", missing)
}
