package codes

import "fmt"

// Tool is the generation of tools that uses a number.
type Tool int

// The generations of tools.
const (
	SPFlashTool  Tool = iota // SP Flash Tool for smartphones, and the legacy agents of its time
	SPFlashTool3             // SP Flash Tool 3, if its number differs
	FlashTool                // FlashTool for feature phones, and older legacy agents
	XFlash                   // XFlash agents, and SP Flash Tool when it uses them
	Loader                   // status words of BootROM and preloader
)

func (t Tool) String() string {
	return [...]string{
		"SP Flash Tool (smartphones)",
		"SP Flash Tool 3 (smartphones, until about 2013)",
		"FlashTool SDK (feature phones, older agents)",
		"XFlash Download Agent, newer SP Flash Tool",
		"BootROM or preloader",
	}[t]
}

// Code is the meaning of one number in one generation of tools.
type Code struct {
	Number  uint32
	Tool    Tool
	Name    string // the tool's name of it, without the prefix S_ or STATUS_
	Meaning string
	aliases string // all its names, joined by |
	*Remedy
}

// Remedy is the cause of a kind of codes, and what the user can do about it.
type Remedy struct {
	Cause string
	Cure  Advice
}

// Message is a sentence of a tool without a code.
type Message struct {
	Text    string // the sentence in lower case and without punctuation
	Meaning string
	*Remedy
}

// FullName returns the name as it is in a log.
func (c Code) FullName() string { return prefix[c.Tool] + c.Name }

// prefix has the prefix of the names of each tool.
var prefix = [...]string{SPFlashTool: "S_", SPFlashTool3: "S_", FlashTool: "S_", XFlash: "STATUS_", Loader: ""}

// String returns name and number in the form of the tool.
func (c Code) String() string {
	if c.Tool == XFlash || c.Tool == Loader {
		return fmt.Sprintf("%s (0x%X)", c.FullName(), c.Number)
	}
	return fmt.Sprintf("%s (%d, 0x%X)", c.FullName(), c.Number, c.Number)
}

// all returns all codes in a stable order.
func all() []Code { return load().all }

// Lookup returns the code of a number in one generation of tools.
func Lookup(t Tool, number uint32) (Code, bool) {
	c, ok := load().byTool[t][number]
	return c, ok
}
