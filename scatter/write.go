package scatter

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// document is the content of a scatter file, without its spelling. Keys that only hold
// other keys (general, info, description) are not in it.
type document struct {
	head     []Field   // of the file: config_version, platform, project …
	typed    bool      // the tables are under storage_type, as in V2
	sections []section // head: storage, boot_channel, block_size …
}

// Keys that only hold other keys.
var scaffolding = []string{"general", "info", "description", "storage_type"}

// storageKeys belong to the storage, in whatever header they are.
var storageKeys = []string{"storage", "boot_channel", "block_size"}

func isOneOf(key string, list []string) bool {
	return slices.ContainsFunc(list, func(k string) bool { return strings.EqualFold(k, key) })
}

// document returns the content of the file.
func (f *File) document() document {
	d := document{typed: len(f.sections) > 1}
	var own []Field // keys of the storage that are in the file's header
	for _, fd := range f.Head.Fields {
		switch {
		case isOneOf(fd.Key, scaffolding):
		case isOneOf(fd.Key, storageKeys):
			own = append(own, fd)
		default:
			d.head = append(d.head, fd)
		}
	}
	for _, s := range f.sections {
		part := section{info: s.info, rows: s.rows}
		part.head.Fields = own
		for _, fd := range s.head.Fields {
			if !isOneOf(fd.Key, scaffolding) {
				part.head.Fields = append(slices.Clip(part.head.Fields), fd)
			}
		}
		d.typed = d.typed || s.head.Find("storage_type") != nil
		d.sections = append(d.sections, part)
	}
	return d
}

// fields returns all header keys in the order of a file with one header.
func (d document) fields() []Field {
	first := 0
	for first < len(d.head) && isOneOf(d.head[first].Key, []string{"config_version", "platform", "project"}) {
		first++
	}
	return slices.Concat(d.head[:first], d.sections[0].head.Fields, d.head[first:])
}

// file writes the document in a dialect and reads it back, so that a File that was made
// equals one that was read.
func (d document) file(to Dialect) (*File, error) {
	var w strings.Builder
	switch {
	case to == XML:
		d.writeXML(&w)
	case to.bare():
		d.writePairs(&w, to)
	case d.typed:
		d.writeTyped(&w)
	default:
		d.writeText(&w)
	}
	return Parse([]byte(w.String()))
}

const banner = "############################################################################################################\n"

func heading(w *strings.Builder, title string) {
	w.WriteString(banner + "#\n#  " + title + "\n#\n" + banner)
}

// writeText writes the text with one table, as ptgen does.
func (d document) writeText(w *strings.Builder) {
	heading(w, "General Setting")
	w.WriteString("- general: MTK_PLATFORM_CFG\n  info: \n")
	writeItem(w, "    ", d.fields())
	heading(w, "Layout Setting")
	writeRows(w, "", d.sections[0].rows)
}

// writeTyped writes the text with a table for each storage.
func (d document) writeTyped(w *strings.Builder) {
	heading(w, "General Setting")
	w.WriteString("- general: MTK_PLATFORM_CFG\n  info: \n")
	writeItem(w, "    ", d.head)
	for _, s := range d.sections {
		storage := oneLine(string(s.info.Storage))
		heading(w, storage+" Layout Setting")
		w.WriteString("- storage_type: " + storage + "\n  description: \n")
		w.WriteString("  - general: MTK_STORAGE_CFG\n    info: \n")
		writeItem(w, "      ", s.head.Fields)
		w.WriteString("\n")
		writeRows(w, "  ", s.rows)
	}
}

func writeRows(w *strings.Builder, indent string, rows []Row) {
	for _, r := range rows {
		if r.remark != "" {
			fmt.Fprintf(w, "%s# %s\n", indent, oneLine(r.remark))
		}
		writeItem(w, indent, r.Fields)
		w.WriteString("\n")
	}
}

// writeItem writes fields as one list item.
func writeItem(w *strings.Builder, indent string, fields []Field) {
	mark := "- "
	for _, fd := range fields {
		if !isWord(fd.Key) {
			continue
		}
		fmt.Fprintf(w, "%s%s%s: %s\n", indent, mark, fd.Key, oneLine(fd.Value))
		mark = "  "
	}
}

// oneLine makes untrusted words harmless: they cannot begin a line or a comment.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return '_'
		}
		return r
	}, s)
	s = strings.ReplaceAll(strings.Trim(s, blanks), " #", "_#")
	if strings.HasPrefix(s, "#") { // a space is before it in the line
		s = "_" + s
	}
	return s
}

// writeXML writes the XML of SP Flash Tool v6, indented by two.
func (d document) writeXML(w *strings.Builder) {
	x := xmlWriter{w, ""}
	w.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\n")
	x.element("root", "", func() {
		head := d.head
		if !d.typed {
			head = d.fields()
		}
		x.element("general", "MTK_PLATFORM_CFG", func() { x.named("config_version", head) })
		for _, s := range d.sections {
			if !d.typed {
				x.rows(s.rows)
				continue
			}
			x.element("storage_type", string(s.info.Storage), func() {
				x.element("general", "MTK_STORAGE_CFG", func() { x.named("storage", s.head.Fields) })
				x.rows(s.rows)
			})
		}
	})
}

type xmlWriter struct {
	w      *strings.Builder
	indent string
}

// element writes an element and its content; name becomes its attribute.
func (x *xmlWriter) element(tag, name string, inside func()) {
	fmt.Fprintf(x.w, "%s<%s", x.indent, tag)
	if tag != "root" {
		fmt.Fprintf(x.w, " name=\"%s\"", escaped(name))
	}
	x.w.WriteString(">\n")
	x.indent += "  "
	inside()
	x.indent = x.indent[2:]
	fmt.Fprintf(x.w, "%s</%s>\n", x.indent, tag)
}

// named writes fields into an element that has one of them as its name. If that field
// is missing, the fields are written without the element.
func (x *xmlWriter) named(key string, fields []Field) {
	i := slices.IndexFunc(fields, func(f Field) bool { return strings.EqualFold(f.Key, key) })
	if i < 0 {
		x.leaves(fields)
		return
	}
	x.element(fields[i].Key, fields[i].Value, func() { x.leaves(slices.Concat(fields[:i], fields[i+1:])) })
}

func (x *xmlWriter) leaves(fields []Field) {
	for _, fd := range fields {
		if isXMLName(fd.Key) {
			fmt.Fprintf(x.w, "%s<%s>%s</%s>\n", x.indent, fd.Key, escaped(fd.Value), fd.Key)
		}
	}
}

func (x *xmlWriter) rows(rows []Row) {
	for _, r := range rows {
		if r.remark != "" {
			fmt.Fprintf(x.w, "%s<!-- %s -->\n", x.indent, strings.ReplaceAll(oneLine(r.remark), "--", "- -"))
		}
		x.element("partition_index", r.Get("partition_index"), func() {
			i := slices.IndexFunc(r.Fields, func(f Field) bool { return strings.EqualFold(f.Key, "partition_index") })
			x.leaves(slices.Concat(r.Fields[:i+1][:max(i, 0)], r.Fields[i+1:]))
		})
	}
}

// isXMLName reports whether a key can be the name of an element.
func isXMLName(key string) bool {
	return isWord(key) && (key[0] < '0' || key[0] > '9') && !isOneOf(key, []string{"partition_index", "storage_type"})
}

// escaped escapes a value for XML. Characters that XML cannot contain become U+FFFD.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

// writePairs writes names and addresses only. The rows have the address to write in
// their first column, see pairs.
func (d document) writePairs(w *strings.Builder, to Dialect) {
	for _, r := range d.sections[0].rows {
		name := r.Get("partition_name")
		if to == List {
			fmt.Fprintf(w, "%s %s\n", name, r.Get("physical_start_addr"))
			continue
		}
		address := r.Get("linear_start_addr")
		switch {
		case isTrue(r.Get("is_reserved")) && !isCount(address):
			name = noDownloadReserv + name
		case isTrue(r.Get("is_reserved")), strings.EqualFold(r.Get("is_download"), "false"):
			name = noDownload + name
		}
		fmt.Fprintf(w, "%s %s\n{\n}\n", name, address)
	}
}

// Signed returns the file with a comment that names the tool that wrote it, so that the
// tool can recognize its own files. Lists have no comments and are returned unchanged.
func (f *File) Signed(tool string) *File {
	if f.Dialect.bare() || len(f.lines) == 0 {
		return f
	}
	line, after := "# "+signature+oneLine(tool)+"\n", 0
	if f.Dialect == XML {
		line, after = "<!-- "+signature+strings.ReplaceAll(oneLine(tool), "--", "- -")+" -->\n", 1
	}
	lines := slices.Insert(slices.Clone(f.lines), after, line)
	signed, err := Parse([]byte(strings.Join(lines, "")))
	if err != nil {
		return f
	}
	return signed
}

// signature begins the comment that Signed adds.
const signature = "written by "
