package codes

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The tables are text with all numbers of a name in one line.
var (
	//go:embed tables/sp.txt
	spText string
	//go:embed tables/xflash.txt
	xflashText string
	//go:embed tables/loader.txt
	loaderText string
	//go:embed tables/phrases.txt
	phrasesText string
)

// row is one line of a table: an error with its numbers, in the order of the columns.
type row struct {
	numbers []string // "-": not in this generation
	name    string
	aliases []string
	remedy  *Remedy
	meaning string
	tools   []Tool
}

// columns has the tools of the number columns of each table.
var columns = []struct {
	text  *string
	tools []Tool
}{
	{&spText, []Tool{SPFlashTool, SPFlashTool3, FlashTool}},
	{&xflashText, []Tool{XFlash}},
	{&loaderText, []Tool{Loader}},
}

// lines returns the lines of a table without comments and empty lines.
func lines(text string) []string {
	var out []string
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
		if l != "" && l[0] != '#' {
			out = append(out, l)
		}
	}
	return out
}

// readRow parses a line: numbers, NAME|SPELLING, remedy, and the meaning up to the end of the line.
func readRow(line string, tools []Tool) (row, error) {
	f := strings.Fields(line)
	n := len(tools)
	if len(f) < n+3 {
		return row{}, fmt.Errorf("%q is not numbers, name, remedy and meaning", line)
	}
	names := strings.Split(f[n], "|")
	r := row{numbers: f[:n], name: names[0], aliases: names[1:], meaning: strings.Join(f[n+2:], " "), tools: tools}
	if r.remedy = remedies[f[n+1]]; r.remedy == nil {
		return row{}, fmt.Errorf("%q: no remedy %s", line, f[n+1])
	}
	return r, nil
}

// codes returns the codes of a row. SP Flash Tool 3 has its own code only if its number differs.
func (r row) codes() ([]Code, error) {
	var out []Code
	for i, s := range r.numbers {
		if s == "-" || r.tools[i] == SPFlashTool3 && s == r.numbers[0] {
			continue
		}
		v, err := strconv.ParseUint(s, 0, 32)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		out = append(out, Code{uint32(v), r.tools[i], r.name, r.meaning, strings.Join(append([]string{r.name}, r.aliases...), "|"), r.remedy})
	}
	return out, nil
}

// table has all codes, by tool and in the order of the tables.
type table struct {
	all    []Code
	byTool map[Tool]map[uint32]Code
}

// load parses the tables, once. The tables are a part of the program, so an error in them is a
// panic; a test finds it.
var load = sync.OnceValue(func() *table {
	t := &table{byTool: map[Tool]map[uint32]Code{}}
	for _, c := range columns {
		for _, line := range lines(*c.text) {
			r, err := readRow(line, c.tools)
			if err != nil {
				panic(err)
			}
			cs, err := r.codes()
			if err != nil {
				panic(err)
			}
			for _, code := range cs {
				if t.byTool[code.Tool] == nil {
					t.byTool[code.Tool] = map[uint32]Code{}
				}
				t.byTool[code.Tool][code.Number] = code
				t.all = append(t.all, code)
			}
		}
	}
	slices.SortStableFunc(t.all, func(a, b Code) int { return cmp.Compare(a.Tool, b.Tool) })
	return t
})

// phrase is a sentence of a tool, and its codes or its message.
type phrase struct {
	words string // lower case, one space between words
	names []string
	Message
}

// loadPhrases parses the sentences, once.
var loadPhrases = sync.OnceValue(func() []phrase {
	var out []phrase
	for _, line := range lines(phrasesText) {
		words, what, ok := strings.Cut(line, " = ")
		p := phrase{words: words}
		if name, isMessage := strings.CutPrefix(what, "@"); isMessage {
			var meaning string
			name, meaning, ok = strings.Cut(name, " ")
			p.Message = Message{Meaning: meaning, Remedy: remedies[name]}
			ok = ok && p.Remedy != nil
		} else {
			p.names = []string{what}
		}
		if !ok {
			panic(fmt.Sprintf("%q is not a sentence with a name or a remedy", line))
		}
		out = append(out, p)
	}
	return out
})
