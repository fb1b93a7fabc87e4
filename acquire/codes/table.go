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

// The tables are text, so that a person finds a name with all its numbers in one line.
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

// columns are whose numbers the columns of each table are.
var columns = []struct {
	text  *string
	tools []Tool
}{
	{&spText, []Tool{SPFlashTool, SPFlashTool3, FlashTool}},
	{&xflashText, []Tool{XFlash}},
	{&loaderText, []Tool{Loader}},
}

// lines gives the lines of a table that are no comments.
func lines(text string) []string {
	var out []string
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
		if l != "" && l[0] != '#' {
			out = append(out, l)
		}
	}
	return out
}

// readRow reads a line: numbers, NAME|SPELLING, remedy, and the meaning to its end.
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

// codes are those of a row. SP Flash Tool 3 is told apart only where its number differs.
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

// table is all codes, by tool and in the order of their tables.
type table struct {
	all    []Code
	byTool map[Tool]map[uint32]Code
}

// load reads the tables, once. They are part of the program: a fault in them is one of
// the program, and a test finds it first.
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

// phrase is a sentence of a tool, and what it stands for.
type phrase struct {
	words string // lower case, one space between words
	names []string
	Message
}

// loadPhrases reads the sentences, once.
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
			panic(fmt.Sprintf("%q is not a sentence and what it stands for", line))
		}
		out = append(out, p)
	}
	return out
})
