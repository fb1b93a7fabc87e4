package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
)

// TextOptions says what the terminal can show.
type TextOptions struct {
	Width   int  // columns, 0 means 80
	Color   bool // ANSI colours
	Unicode bool // block characters, else ASCII

	// Advice of the front end, "" for none: behind the line about estimated fills, and behind
	// the number of pictures.
	Exact, Pictures string
}

// Text draws the report for a terminal: the facts about the phone, and for each region a strip
// to scale and its rows. Lines are not longer than the width, except in a table that needs 80
// columns.
func (r *Report) Text(w io.Writer, o TextOptions) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &text{Report: r, o: o, w: bufio.NewWriter(w), glyphs: asciiGlyphs}
	if o.Unicode {
		t.glyphs = unicodeGlyphs
	}
	t.head()
	for _, reg := range r.Regions {
		t.region(reg)
	}
	t.foot()
	return t.w.Flush()
}

// text is the state of one Text call.
type text struct {
	*Report
	o      TextOptions
	w      *bufio.Writer
	glyphs glyphs
}

func (t *text) line(format string, a ...any) {
	s := strings.TrimRight(fmt.Sprintf(format, a...), " ")
	fmt.Fprintln(t.w, s)
}

// paint colours s, if the terminal can.
func (t *text) paint(code, s string) string {
	if !t.o.Color || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *text) head() {
	p := t.Phone
	t.line("%s", clean(t.File))
	about := []string{}
	for _, s := range []string{p.Chip.Value, p.Project.Value, storageWord(p.Storage), tableWord(p)} {
		if s != "" {
			about = append(about, clean(s))
		}
	}
	t.line("  %s", cut(strings.Join(about, " "+t.glyphs.dot+" "), t.o.Width-2))
	for _, f := range p.Build {
		t.line("  %s", cut(f.Value+" ("+clean(f.From)+")", t.o.Width-2))
	}
	if p.Complete {
		t.line("  complete: the dump has all 0x%x bytes (%s) of %s", p.DeviceSize, flash.Size(p.DeviceSize), t.userRegion())
	}
	if p.Unfinished {
		t.line("  %s the dump was never finished", t.paint("31;1", "incomplete:"))
	}
	for _, m := range t.Missing {
		if m.Length == 0 {
			continue // the region itself shows this
		}
		t.line("  %s %s", t.paint("31;1", "missing:"), m.words())
	}
}

// words returns the range as it is typed into SP Flash Tool's read-back dialog.
func (m Missing) words() string {
	return fmt.Sprintf("region %s, start 0x%x, length 0x%x (%s)", m.Region, m.Offset, m.Length, flash.Size(m.Length))
}

func (r *Report) userRegion() flash.Region {
	for _, reg := range r.Regions {
		if reg.Name.IsUser() {
			return reg.Name
		}
	}
	return r.Phone.Storage.User()
}

func storageWord(s flash.Storage) string {
	if s == flash.EMMC {
		return "eMMC"
	}
	return string(s)
}

func tableWord(p Identity) string {
	switch p.Generation {
	case flash.GenerationGPT:
		return "GPT"
	case flash.GenerationEBR:
		return "MBR and EBR"
	case flash.GenerationClaim:
		return "no table in the dump"
	case flash.GenerationContent:
		return "no table: rows guessed from content"
	case flash.GenerationBoot:
		return "boot region"
	}
	return string(p.Generation)
}

func (t *text) region(reg Region) {
	t.line("")
	if reg.File == "" {
		t.line("%s  %s", reg.Name, t.paint("31", "not in the dump"))
		t.table(t.rowsOf(reg.Name))
		return
	}
	size := fmt.Sprintf("%s (0x%x)", flash.Size(reg.Have), reg.Have)
	if reg.Size > reg.Have {
		size += fmt.Sprintf(" of %s (0x%x)", flash.Size(reg.Size), reg.Size)
	}
	t.line("%s  %s in %s", reg.Name, size, clean(reg.File))
	if reg.Size > 0 {
		t.strip(reg)
	}
	t.table(t.rowsOf(reg.Name))
}

func (r *Report) rowsOf(region flash.Region) []Row {
	var rows []Row
	for _, row := range r.Rows {
		if row.Region == region {
			rows = append(rows, row)
		}
	}
	return rows
}

// column is one column of the table. Columns that do not fit are left out, the least important
// ones (with the highest rank) first.
type column struct {
	title string
	rank  int
	most  int // largest width
	right bool
	value func(*Row) string
}

var columns = []column{
	{"NAME", 0, 16, false, func(r *Row) string { return orDash(r.Name) }},
	{"SCATTER", 0, 12, false, func(r *Row) string { return hexOr(r.Scatter) }},
	{"START", 6, 12, false, func(r *Row) string {
		if !r.Placed() {
			return "from the end"
		}
		return hex10(r.Start)
	}},
	{"SIZE", 0, 12, false, func(r *Row) string { return hex10(r.Length) }},
	{"REGION", 4, 16, false, func(r *Row) string { return string(r.Region) }},
	{"USED", 0, 5, true, func(r *Row) string { return r.used() }},
	{"LENGTH", 2, 10, true, func(r *Row) string { return r.trueLength() }},
	{"CONTENT", 1, 36, false, func(r *Row) string { return r.content() }},
	{"FILE", 3, 28, false, func(r *Row) string { return orDash(r.File) }},
}

// table prints the rows of one region.
func (t *text) table(rows []Row) {
	if len(rows) == 0 {
		return
	}
	cols, cellsOf := t.fit(rows)
	for i := -1; i < len(rows); i++ {
		var b strings.Builder
		mark := " "
		if i >= 0 {
			mark = t.mark(&rows[i])
		}
		b.WriteString(mark)
		for j, c := range cols {
			s := c.title
			if i >= 0 {
				s = cellsOf[j][i]
			}
			if c.right {
				b.WriteString(pad(cut(s, c.most), -c.most) + " ")
			} else {
				b.WriteString(pad(cut(s, c.most), c.most) + " ")
			}
		}
		s := strings.TrimRight(b.String(), " ")
		if i < 0 {
			s = t.paint("1", s)
		}
		t.line("%s", s)
		if i >= 0 {
			t.rowProblems(&rows[i])
		}
	}
}

// mark returns the coloured first column: a block in the colour of the row's class, or a ! if
// the row has problems.
func (t *text) mark(r *Row) string {
	if flash.Worst(r.Problems) > flash.Note {
		return t.paint("31;1", "!")
	}
	if !t.o.Color {
		return " "
	}
	return t.paint(classColors[r.Class], t.glyphs.data)
}

func (t *text) rowProblems(r *Row) {
	for _, p := range r.told() {
		t.line("   %s", t.paint("33", clean(p.Text)))
	}
}

// fit chooses the columns that fit into the width, and makes their cells.
func (t *text) fit(rows []Row) ([]column, [][]string) {
	var (
		cols []column
		vals [][]string
	)
	linear := slices.ContainsFunc(rows, func(r Row) bool { return r.Scatter != nil })
	for _, c := range columns {
		switch {
		case c.title == "SCATTER" && !linear:
			continue
		case c.title == "START" && !linear:
			c.rank = 0
		}
		var v []string
		wide := len(c.title)
		for i := range rows {
			s := clean(c.value(&rows[i]))
			v = append(v, s)
			wide = max(wide, utf8.RuneCountInString(s))
		}
		c.most = min(c.most, wide)
		cols, vals = append(cols, c), append(vals, v)
	}
	for {
		total, worst := 1, 0
		for i, c := range cols {
			total += c.most + 1
			if c.rank > cols[worst].rank {
				worst = i
			}
		}
		if total <= t.o.Width || cols[worst].rank == 0 {
			return cols, vals
		}
		over := total - t.o.Width
		if c := &cols[worst]; c.most-over >= shortest(c.title) {
			c.most -= over
			return cols, vals
		}
		cols, vals = append(cols[:worst], cols[worst+1:]...), append(vals[:worst], vals[worst+1:]...)
	}
}

// shortest returns the smallest width of a column before it is left out.
func shortest(title string) int {
	switch title {
	case "CONTENT":
		return 16
	case "FILE":
		return 12
	}
	return 99
}

func (t *text) foot() {
	t.line("")
	t.line("%s", cut(t.glyphs.legend(), t.o.Width))
	if t.o.Color {
		var names []string
		for _, c := range classes {
			names = append(names, t.paint(classColors[c.Class], strings.Split(c.Text, ":")[0]))
		}
		t.line("%s", strings.Join(names, "   "))
	}
	if slices.ContainsFunc(t.Rows, func(r Row) bool { return !r.Fill.Exact }) {
		t.line("USED with ~ is estimated from a few spots of each row%s", advice(t.o.Exact))
	}
	if slices.ContainsFunc(t.Rows, func(r Row) bool { return strings.HasPrefix(r.trueLength(), "<") }) {
		t.line("LENGTH is stated by the content; with < it is the end of the last data")
	}
	for _, c := range t.Conflicts {
		t.line("%s %s", t.paint("31;1", "conflict:"), clean(c.Text))
	}
	for _, p := range t.Preloaders {
		chip := p.Chip
		if chip == "" {
			chip = "chip not named"
		}
		t.line("%s: hash %s, %s, 0x%x bytes in %s", clean(p.File), p.Proof, chip, p.Extent.Length, p.Region)
	}
	if t.Logo != nil && t.Logo.Count > 0 {
		t.line("%s: %d pictures%s", clean(t.Logo.Row), t.Logo.Count, advice(t.o.Pictures))
	}
}

// advice puts the front end's words behind a line.
func advice(words string) string {
	if words == "" {
		return ""
	}
	return "; " + words
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// hex10 returns ten hex digits, the notation of blocks maps; a dash for flash.Unplaced.
func hex10(v int64) string {
	if v < 0 {
		return "-"
	}
	return fmt.Sprintf("0x%010x", v)
}

func hexOr(v *int64) string {
	if v == nil {
		return "-"
	}
	return hex10(*v)
}

// used returns the share of a row that is data.
func (r *Row) used() string {
	if r.Present == 0 {
		return "-"
	}
	share := 100 * float64(r.Fill.Data) / float64(r.Present)
	s := fmt.Sprintf("%.0f%%", share)
	switch {
	case r.Fill.Data > 0 && share < 1:
		return "<1%"
	case r.Fill.Exact:
		return s
	}
	return "~" + s
}

// trueLength returns the length that the content states, or the end of its data.
func (r *Row) trueLength() string {
	switch {
	case r.Content != nil && r.Content.Length > 0:
		return fmt.Sprintf("0x%x", r.Content.Length)
	case r.Fill.DataEnd > 0:
		return fmt.Sprintf("<0x%x", r.Fill.DataEnd)
	}
	return "-"
}

// content describes the row's content in a few words.
func (r *Row) content() string {
	if r.Content == nil {
		if r.Length == 0 || r.Start == flash.Unplaced {
			return "-"
		}
		return "not in the dump"
	}
	s := r.what((*Content).brief)
	switch r.Content.Verdict {
	case "contradicted":
		s = "NOT ITS OWN: " + s
	case "confirmed":
		s = "= " + s
	}
	if r.Present < r.Length {
		s = "CUT: " + s
	}
	return s + r.guesses()
}

// guesses returns the names from the content of a range that no table names.
func (r *Row) guesses() string {
	switch names := strings.ReplaceAll(r.Guess, " ", "? "); {
	case r.Kind == flash.KindGap && r.Guess != "":
		return "; in it: " + names + "?"
	case r.Guess != "" && r.Content.Label != r.Guess && r.Content.Kind != r.Guess:
		return "; " + names + "?"
	}
	return ""
}

// brief has short words for kinds of content.
var brief = map[image.Kind]string{
	image.Unknown: "unknown", image.AndroidBoot: "boot image", image.VendorBoot: "vendor boot", image.VBMeta: "vbmeta",
	image.DTBO: "device trees", image.Super: "super", image.SparseAndroid: "sparse image", image.MTKImage: "MTK",
	image.MTKPreloader: "preloader", image.BootRegion: "boot region", image.SecRO: "secro", image.MBR: "MBR/EBR",
	image.Ext4: "ext4", image.F2FS: "f2fs", image.EROFS: "erofs", image.SquashFS: "squashfs", image.FAT: "FAT",
}

// brief is words in a shorter form.
func (c *Content) brief() string {
	kind := c.Kind
	if b, ok := brief[image.Kind(c.Kind)]; ok {
		kind = b
	}
	if c.Label == "" || c.Label == kind {
		return kind
	}
	return kind + " " + c.Label
}

// cut shortens s to n columns, with a mark at the end.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + "~"
}

// pad fills s up to n columns; a negative n aligns it to the right.
func pad(s string, n int) string { return fmt.Sprintf("%*s", -n, s) }
