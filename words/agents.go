package words

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/session"
)

// Chips lists the names of chips, at most the first ones.
func Chips(chips []brom.Chip) string {
	const most = 12
	var names []string
	for _, c := range chips {
		names = append(names, c.Name())
	}
	if n := len(names) - most; n > 1 {
		names = append(names[:most:most], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(names, ", ")
}

// readableWords says which phones the given agents are for.
func readableWords(n session.Readable) string {
	name := filepath.Base(n.Agents.Path)
	if n.Agents.Searched {
		name = fmt.Sprintf("%s (%d files of Download Agents)", n.Agents.Path, len(n.Agents.Files))
		if len(n.Agents.Files) == 1 {
			name = filepath.Join(n.Agents.Path, n.Agents.Files[0].Name)
		}
	}
	text := fmt.Sprintf("%s can read phones with %d chips: %s", name, len(n.Chips), Chips(n.Chips))
	switch len(n.Chips) {
	case 0:
		text = name + " has agents only for chips that mtkkit does not know"
	case 1:
		text = fmt.Sprintf("%s can read phones with one chip: %s", name, Chips(n.Chips))
	}
	if n.Agents.More {
		text += "; there are more files than a search looks at: name the file"
	}
	return text
}

// packedWords says what is taken from a firmware package, and why.
func packedWords(n session.Packed) string {
	const most = 8
	text := n.Package + ":"
	shown := n.Taken
	if len(shown) > most+1 {
		shown = shown[:most]
	}
	for _, t := range shown {
		if t.Name == "" {
			text += fmt.Sprintf("\n  no %s is used: %s", t.Role, Plain(t.Why))
		} else {
			text += fmt.Sprintf("\n  %s %s: %s", t.Role, t.Name, t.Why)
		}
	}
	if more := len(n.Taken) - len(shown); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	for i, role := range n.Lacks {
		text += []string{"\n  it has no ", ", no "}[min(i, 1)] + string(role)
	}
	return text
}

// NoAgents says that a folder or a package has no agent, and where one is.
func NoAgents(err *session.NoAgentsError) error {
	hints := []string{"MTK_AllInOne_DA.bin (or DA_BR.bin, DA_PL.bin of newer tools) is in the folder of SP Flash Tool: --da FILE or --da FOLDER gives it"}
	if err.Package && len(err.Broken) == 0 {
		hints = []string{"many makers ship the agent with the flash tool and not in the package: give that one with --da FILE, together with --firmware", hints[0]}
	}
	if len(err.Broken) > 0 {
		hints = append([]string{"the file is damaged or was copied only in part: copy or download it again"}, hints[0], "mtkkit da info "+Quoted(err.Path)+" shows what is damaged")
	}
	return Advise(err, hints...)
}

// unfitWords says which other files would fit.
func unfitWords(err *session.UnfitError) string {
	const most = 3
	if len(err.Fit) == 0 {
		return ""
	}
	var files []string
	for _, f := range err.Fit[:min(len(err.Fit), most)] {
		files = append(files, "--da "+Quoted(f))
	}
	return fmt.Sprintf("another file has an agent for %s: %s", err.Chip, strings.Join(files, ", or "))
}
