package codes

import "fmt"

// Tool is whose numbers they are.
type Tool int

// The generations of numbers.
const (
	SPFlashTool  Tool = iota // SP Flash Tool for smartphones, and the legacy agents of its time
	SPFlashTool3             // SP Flash Tool 3, where its numbers are others
	FlashTool                // FlashTool for feature phones, and older legacy agents
	XFlash                   // XFlash agents, and SP Flash Tool where it speaks to them
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

// Code is what one number means to one generation of tools.
type Code struct {
	Number  uint32
	Tool    Tool
	Name    string // as the tool writes it, without the S_ or STATUS_ in front
	Meaning string
	aliases string // all its names, joined by |
	*Remedy
}

// Remedy is why codes of a kind come up, and what a person can do about it.
type Remedy struct {
	Cause string
	Cure  Advice
}

// Message is a sentence of a tool that has no code.
type Message struct {
	Text    string // as it was found, in lower case and without punctuation
	Meaning string
	*Remedy
}

// FullName is the name as people find it in a log.
func (c Code) FullName() string { return prefix[c.Tool] + c.Name }

// prefix is what the names of a tool begin with.
var prefix = [...]string{SPFlashTool: "S_", SPFlashTool3: "S_", FlashTool: "S_", XFlash: "STATUS_", Loader: ""}

// String prints number and name as its tool would.
func (c Code) String() string {
	if c.Tool == XFlash || c.Tool == Loader {
		return fmt.Sprintf("%s (0x%X)", c.FullName(), c.Number)
	}
	return fmt.Sprintf("%s (%d, 0x%X)", c.FullName(), c.Number, c.Number)
}

// all returns every code there is, in a stable order.
func all() []Code { return load().all }

// Lookup returns what a number means to one generation of tools.
func Lookup(t Tool, number uint32) (Code, bool) {
	c, ok := load().byTool[t][number]
	return c, ok
}
