package codes

import "fmt"

// Tool is whose numbers they are.
type Tool int

// The generations of numbers.
const (
	SPFlashTool Tool = iota // SP Flash Tool for smartphones, and the legacy agents of its time
	FlashTool               // FlashTool for feature phones, and older legacy agents
	XFlash                  // XFlash agents, and SP Flash Tool where it speaks to them
	Loader                  // status words of BootROM and preloader
)

func (t Tool) String() string {
	return [...]string{
		"SP Flash Tool (smartphones)",
		"FlashTool SDK (feature phones, older agents)",
		"XFlash Download Agent, newer SP Flash Tool",
		"BootROM or preloader",
	}[t]
}

// Code is what one number means to one generation of tools.
type Code struct {
	Number  uint32
	Tool    Tool
	Name    string // as the tool writes it, without the S_ or STATUS_ in front
	Meaning string
	*Remedy
}

// Remedy is why codes of a kind come up, and what a person can do about it.
type Remedy struct {
	Cause, Cure string
}

// FullName is the name as people find it in a log.
func (c Code) FullName() string {
	switch c.Tool {
	case XFlash:
		return "STATUS_" + c.Name
	case Loader:
		return c.Name
	}
	return "S_" + c.Name
}

// String prints number and name as its tool would.
func (c Code) String() string {
	if c.Tool == XFlash || c.Tool == Loader {
		return fmt.Sprintf("%s (0x%X)", c.FullName(), c.Number)
	}
	return fmt.Sprintf("%s (%d, 0x%X)", c.FullName(), c.Number, c.Number)
}

// row is a code in the table of its tool.
type row struct {
	number        uint32
	name, meaning string
	remedy        *Remedy
}

func (r row) code(t Tool) Code { return Code{r.number, t, r.name, r.meaning, r.remedy} }

// tables are all codes, a table for each tool, in the order of their numbers.
var tables = [...][]row{SPFlashTool: spFlashTool, FlashTool: flashTool, XFlash: xflash, Loader: loader}

// All returns every code there is, in a stable order.
func All() []Code {
	var all []Code
	for tool, table := range tables {
		for _, r := range table {
			all = append(all, r.code(Tool(tool)))
		}
	}
	return all
}

// Lookup returns what a number means to one generation of tools.
func Lookup(t Tool, number uint32) (Code, bool) {
	for _, r := range tables[t] {
		if r.number == number {
			return r.code(t), true
		}
	}
	return Code{}, false
}
