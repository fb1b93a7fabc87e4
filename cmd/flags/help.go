package flags

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// helpTemplate is the part of a command's help before its options.
const helpTemplate = `NAME:
   {{template "helpNameTemplate" .}}

USAGE:
   {{template "usageTemplate" .}}{{if .Description}}

DESCRIPTION:
   {{template "descriptionTemplate" .}}{{end}}

OPTIONS:
`

// Help returns the template of a command's help: the options without a group first, then the groups
// under their headings. The template of urfave/cli would sort the groups by name.
func Help(flags []cli.Flag) string {
	var b strings.Builder
	b.WriteString(helpTemplate)
	for _, g := range Groups {
		list := slices.DeleteFunc(slices.Clone(flags), func(f cli.Flag) bool { return GroupOf(f) != g || Hidden(f) })
		if g == GroupDisplay {
			list = append(list, cli.HelpFlag)
		}
		if len(list) > 0 && g != "" {
			b.WriteString("\n   " + string(g) + ":\n")
		}
		for _, f := range list {
			b.WriteString("   {{" + strconv.Quote(f.String()) + "}}\n")
		}
	}
	return b.String()
}

// Hidden reports whether the help does not show an option.
func Hidden(f cli.Flag) bool {
	v, ok := f.(cli.VisibleFlag)
	return ok && !v.IsVisible()
}

// GroupOf returns the group of an option, "" for none.
func GroupOf(f cli.Flag) Group {
	if c, ok := f.(cli.CategorizableFlag); ok {
		return Group(c.GetCategory())
	}
	return ""
}
