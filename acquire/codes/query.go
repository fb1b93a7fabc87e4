package codes

import (
	"math/bits"
	"regexp"
	"strconv"
	"strings"
)

// How much of a query is used: more than any message and any name of a tool.
const (
	maxQuery = 4096
	maxWords = 64
	maxName  = 96
)

// query is a parsed query.
type query struct {
	names   []string // upper case: S_FT_READBACK_FAIL, FT_READBACK_FAIL
	asked   []string // those of names that are certainly names of errors
	alone   string   // the word of a query with only one word, upper case
	words   string   // the whole query in lower case, one space between words
	numbers []number
}

// number is a number in a query, with its possible interpretations.
type number struct {
	is     []uint32 // the value; -1073545198 is 0xC0030012; after a dash also without the sign
	maybe  uint32   // the digits as hexadecimal, if nothing else matches; 0: none
	strong bool     // marked as a code: in brackets, with 0x, after "error" …
	plain  bool     // decimal digits only
}

var (
	words = regexp.MustCompile(`[0-9A-Za-z_]+`)

	// noise matches text with numbers that are not codes: times, versions, USB ids, line numbers,
	// numbers with a unit.
	noise = regexp.MustCompile(`\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}:\d{2}(:\d{2})?([.,]\d+)?\b|\b[vV]?\d+(\.\d+)+\b|` +
		`\b[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}\b|(?i:\b(line|port|errno|page|step|issue|usberror)\b[ (#:]*\d+)|#\d+|` +
		`\b\d+ ?(?i:%|(?:s|ms|secs?|seconds|minutes|times|bytes|[kmg]i?b|[kmg]?b/s)\b)`)

	// label matches the text after the name of a variable.
	label = regexp.MustCompile(`^ *[=:] *-?[0-9]`)

	// codeWord matches the end of the text before a number that is a code.
	codeWord = regexp.MustCompile(`(?i)(error|err|code|status|ret|rc|returned|result|fail|failed|exception)( (is|was|code|number|value|no\.?))?[:=#(\["' ]*$|[(\[{=:#,]["' ]*$`)

	// spoken matches names that look like names of errors. It does not match labels of logs, such
	// as M_EXT_RAM_RET.
	spoken = regexp.MustCompile(`_.*_(FAIL|FAILED|FAILURE|ERR|ERROR|EXCEPTION|INVALID|MISMATCH|FOUND|FORBIDDEN|TIMEOUT|NEEDED|EXHAUST|INCORRECT|DENIED|SUPPORT|SUPPORTED|MATCH|MATCHED|EXIST|VIOLATION)$`)
)

func parse(s string) query {
	s = s[:min(len(s), maxQuery)]
	q := query{words: plain(s)}
	s = noise.ReplaceAllStringFunc(s, func(m string) string { return strings.Repeat(" ", len(m)) })
	at := words.FindAllStringIndex(s, maxWords)
	for _, i := range at {
		w, before := s[i[0]:i[1]], s[:i[0]]
		if len(at) == 1 {
			q.alone = strings.ToUpper(w)
		}
		if n, ok := parseNumber(w, before); ok {
			n.strong = n.strong || len(at) == 1
			q.numbers = append(q.numbers, n)
			continue
		}
		if w == strings.ToLower(w) && label.MatchString(s[i[1]:]) {
			continue // status_err = 0xC0050003
		}
		if w = strings.ToUpper(w); len(w) <= maxName && (strings.Contains(strings.Trim(w, "_"), "_") || len(at) == 1) {
			q.names = append(q.names, w)
			if isError(s[i[0]:i[1]]) {
				q.asked = append(q.asked, w)
			}
		}
	}
	return q
}

// isError reports whether a word looks like the name of an error, known or not, by its prefix or
// its ending. Names of variables (status_code) do not.
func isError(w string) bool {
	upper := strings.ToUpper(w)
	begins, ends := stem(upper) != upper && upper != "STATUS_CODE", spoken.MatchString(upper)
	if w != upper {
		return begins && ends
	}
	return begins || ends
}

// plain returns a text in lower case with one space between words.
func plain(s string) string {
	return strings.ToLower(strings.Join(words.FindAllString(strings.ReplaceAll(s, "_", " "), -1), " "))
}

// parseNumber parses a word as a number; before is the text before it.
func parseNumber(w, before string) (number, bool) {
	n := number{strong: codeWord.MatchString(before)}
	minus := strings.HasSuffix(before, "-") && !endsInWord(before[:len(before)-1])
	if minus {
		n.strong = n.strong || codeWord.MatchString(before[:len(before)-1])
	}
	low := strings.TrimRight(strings.ToLower(w), "l") // 0xC0060001L
	hex, isHex := strings.CutPrefix(low, "0x")
	if isHex {
		v, err := strconv.ParseUint(hex, 16, 64)
		n.is, n.strong = narrow(v, minus), true
		return n, err == nil && n.is != nil
	}
	if v, err := strconv.ParseUint(low, 10, 64); err == nil {
		n.is, n.plain = narrow(v, minus), true
		if h, err := strconv.ParseUint(low, 16, 32); err == nil {
			n.maybe = uint32(h)
		}
		return n, n.is != nil
	}
	hex = strings.TrimSuffix(low, "h")
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 4 && len(hex) != 8 || !strings.ContainsAny(hex, "0123456789") {
		return n, false
	}
	n.is, n.strong = []uint32{uint32(v)}, n.strong || len(hex) == 8 // 1D0D, C0050005
	return n, true
}

func endsInWord(s string) bool { return s != "" && words.MatchString(s[len(s)-1:]) }

// narrow returns the 32-bit values of a number as tools print it: with or without a sign, or
// sign-extended to 64 bits. It returns nil for larger numbers, which are no codes.
func narrow(v uint64, minus bool) []uint32 {
	switch {
	case minus && v == 0 || bits.Len64(v) > 32 && v>>32 != 0xFFFFFFFF:
		return nil
	case minus && v <= 1<<31:
		if v < 1<<16 { // before a small number it is probably a dash
			return []uint32{uint32(v), uint32(-v)}
		}
		return []uint32{uint32(-v)}
	}
	if low := uint32(v); low >= 0xFFFF0000 { // a small negative number, printed without its sign
		return []uint32{low, -low}
	}
	return []uint32{uint32(v)}
}
