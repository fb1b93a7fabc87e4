package scatter

import (
	"fmt"
	"regexp"
	"strings"
)

// Dialect is one way to write a scatter file, under the name that users type. Text
// files are named after their config_version, so there are more dialects than the
// constants below (v1.1.3, v1.1.6 …). XML is one dialect, whatever its config_version.
type Dialect string

// The dialects that this package can write.
const (
	V1   Dialect = "v1"     // NAME 0xADDRESS { }: MT6573 to MT6589
	List Dialect = "list"   // name 0xaddress: inside update packages
	V111 Dialect = "v1.1.1" // text of the MBR generation: MT6572, MT6582
	V112 Dialect = "v1.1.2" // text since MT6592, the common one
	V118 Dialect = "v1.1.8" // text since MT6768
	V210 Dialect = "v2.1.0" // text with a table for each storage
	XML  Dialect = "xml"    // SP Flash Tool v6, one storage or several
)

var textVersion = regexp.MustCompile(`^v(1\.[12](\.[0-9])?|2(\.[0-9]){0,2})$`)

// ParseDialect reads the name of a dialect, in upper or lower case. The error of an
// unknown name lists the dialects.
func ParseDialect(s string) (Dialect, error) {
	d := Dialect(strings.ToLower(strings.TrimSpace(s)))
	if d == V1 || d == List || d == XML || textVersion.MatchString(string(d)) {
		return d, nil
	}
	return "", fmt.Errorf("scatter: %q is not a dialect; the dialects are %s, %s, %s, %s, %s, %s and %s", s, V1, List, V111, V112, V118, V210, XML)
}

// bare reports whether the dialect lists names and addresses only.
func (d Dialect) bare() bool { return d == V1 || d == List }

// several reports whether the dialect can hold the tables of several storages.
func (d Dialect) several() bool { return d == XML || strings.HasPrefix(string(d), "v2") }

// atLeast compares versions of text; XML has the keys of the newest version.
func (d Dialect) atLeast(v Dialect) bool { return d == XML || !d.bare() && d >= v }

// syntax is one reader. To add one, write a file with its two functions and add a line
// to the list below.
type syntax struct {
	name  string
	match func(lines []string) bool // gets the first lines of a file, or all lines
	read  func(f *File) error       // turns f.lines into the rest of f
}

// syntaxes lists the known syntaxes. The first match is used.
func syntaxes() []syntax {
	return []syntax{
		{"UTF-16 text", isUTF16, refuse("text in UTF-16; save it as UTF-8 or ASCII")},
		{"XML", isXML, readXML},
		{"text", hasKey("partition_index"), readText},
		{"V1 text", isBraces, readPairs(V1)},
		{"OTA list", isList, readPairs(List)},
		{"hand-made text", hasKey("partition_name"), refuseHandMade},
	}
}

// detect returns the syntax of a file or of its first lines, nil if it is not a scatter
// file.
func detect(lines []string) *syntax {
	for _, d := range syntaxes() {
		if d.match(lines) {
			return &d
		}
	}
	return nil
}

// refuse returns a reader that refuses a dialect by name, with the line of the first
// text.
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

// hasKey returns a function that matches a file with that key on any line.
func hasKey(key string) func([]string) bool {
	return func(lines []string) bool { return keyLine(lines, key) > 0 }
}

// keyLine returns the number of the first line with that key, 0 if there is none.
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

func anyHas(lines []string, s string) bool {
	for _, l := range lines {
		if strings.Contains(l, s) {
			return true
		}
	}
	return false
}

// refuseHandMade reports what is missing in a file without partition_index lines.
// Without these lines the rows cannot be separated, and no flash tool reads such a file
// either.
func refuseHandMade(f *File) error {
	missing := "partition_index line before partition_name"
	if keyLine(f.lines, "config_version") == 0 {
		missing += ", no header with config_version"
	}
	return lineError(keyLine(f.lines, "partition_name"), ErrDialect, "hand-made file: no %s", missing)
}
