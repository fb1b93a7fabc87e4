package capture

import (
	"encoding/csv"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// csvHeader is the line that names the columns: first the partition, then, in either
// order, its place and its size.
var csvHeader = regexp.MustCompile(`(?i)^"?(?:partition|partition_name|part_name|name|label)"?\s*[,;\t].*` +
	`(?:\b(?:address|offset|start|start_addr)\b.*\b(?:size|length|partition_size)\b|` +
	`\b(?:size|length|partition_size)\b.*\b(?:address|offset|start|start_addr)\b)`)

// The names of the columns, in lower case.
var (
	csvName  = []string{"partition", "partition_name", "part_name", "name", "label"}
	csvStart = []string{"address", "offset", "start", "start_addr"}
	csvSize  = []string{"size", "length", "partition_size"}
)

// readCSV reads a list of partitions. Numbers are bytes, decimal or 0x hexadecimal.
func readCSV(r *reader) {
	var comma rune
	name, start, size := -1, -1, -1
	for n, s := range lines(r.text) {
		if comma == 0 {
			if !csvHeader.MatchString(s) {
				continue
			}
			comma = rune(s[strings.IndexAny(s, ",;\t")])
			head := fields(s, comma)
			find := func(names []string) int {
				return slices.IndexFunc(head, func(h string) bool { return slices.Contains(names, strings.ToLower(h)) })
			}
			name, start, size = find(csvName), find(csvStart), find(csvSize)
			if min(name, start, size) < 0 {
				r.problem(flash.Error, "", n, "the columns of the list are not understood")
				return
			}
			continue
		}
		if s != "" {
			r.csvRow(n, fields(s, comma), name, start, size)
		}
	}
}

// csvRow adds one row; name, start and size are its columns.
func (r *reader) csvRow(line int, f []string, name, start, size int) {
	if len(f) <= max(name, start, size) {
		r.damaged(line)
		return
	}
	p := flash.Partition{Name: f[name], Region: flash.EMMCUser}
	from, fromOK := number(f[start])
	length, lengthOK := number(f[size])
	if !fromOK || !lengthOK {
		r.damaged(line)
		return
	}
	switch {
	case counted(p.Name, from):
		p.Reserved, p.Extent = true, r.length(line, p.Name, length)
		r.problem(flash.Note, p.Name, line, "is counted from the end of the region, and not placed")
	default:
		p.Extent = r.place(line, p.Name, from, length)
	}
	if boot := bootRegion(p.Name); boot != "" && from == 0 {
		p.Region = boot
	}
	r.add(line, p, "")
}

// fields splits a line of a list; one that is quoted wrongly has no fields.
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
