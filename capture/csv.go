package capture

import (
	"encoding/csv"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// listHead matches the start of the line that names the columns of a list.
var listHead = regexp.MustCompile(`(?i)^"?(?:partition|partition_name|part_name|name|label)"?\s*([,;\t])`)

// The names of the columns, in lower case.
var (
	listName  = []string{"partition", "partition_name", "part_name", "name", "label"}
	listStart = []string{"address", "offset", "start", "start_addr"}
	listSize  = []string{"size", "length", "partition_size"}
)

// columns has the columns of a list, from its first line.
type columns struct {
	comma             rune
	name, start, size int
}

// listColumns reads the first line of a list.
func listColumns(s string) (c columns, ok bool) {
	m := listHead.FindStringSubmatch(s)
	if m == nil {
		return c, false
	}
	c.comma = rune(m[1][0])
	head := fields(s, c.comma)
	find := func(names []string) int {
		return slices.IndexFunc(head, func(h string) bool { return slices.Contains(names, strings.ToLower(h)) })
	}
	c.name, c.start, c.size = find(listName), find(listStart), find(listSize)
	return c, min(c.name, c.start, c.size) >= 0
}

func isListHead(s string) bool {
	_, ok := listColumns(s)
	return ok
}

// readCSV reads a list of partitions. Numbers are bytes, decimal or 0x hexadecimal.
func readCSV(r *reader) {
	var c columns
	found := false
	for n, s := range lines(r.text) {
		switch {
		case !found:
			c, found = listColumns(s)
		case s != "":
			r.csvRow(n, fields(s, c.comma), c)
		}
	}
}

// csvRow adds one row.
func (r *reader) csvRow(line int, f []string, c columns) {
	if len(f) <= max(c.name, c.start, c.size) {
		r.damaged(line)
		return
	}
	p := flash.Partition{Name: f[c.name], Region: flash.EMMCUser}
	from, fromOK := number(f[c.start])
	length, lengthOK := number(f[c.size])
	if !fromOK || !lengthOK {
		r.damaged(line)
		return
	}
	switch {
	case counted(p.Name, from):
		p.Reserved, p.Extent = true, r.length(line, p.Name, length)
		r.problem(flash.Note, p.Name, line, "is counted from the end of the region and gets no offset")
	default:
		p.Extent = r.place(line, p.Name, from, length)
	}
	if boot := bootRegion(p.Name); boot != "" && from == 0 {
		p.Region = boot
	}
	r.add(line, p, "")
}

// fields splits a line of a list. It returns nil if the quotes are wrong.
func fields(s string, comma rune) []string {
	c := csv.NewReader(strings.NewReader(s))
	c.Comma, c.LazyQuotes, c.TrimLeadingSpace = comma, true, comma != '\t'
	f, err := c.Read()
	if err != nil {
		return nil
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	return f
}
