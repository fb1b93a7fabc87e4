package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// helpTemplate is the help of a command before its options.
const helpTemplate = `NAME:
   {{template "helpNameTemplate" .}}

USAGE:
   {{template "usageTemplate" .}}{{if .Description}}

DESCRIPTION:
   {{template "descriptionTemplate" .}}{{end}}

OPTIONS:
`

// optionsHelp is the rest of that template: the options that matter first, then the groups under
// their headings. The library sorts the groups by name.
func optionsHelp(flags []cli.Flag) string {
	var b strings.Builder
	for _, g := range groups {
		list := slices.DeleteFunc(slices.Clone(flags), func(f cli.Flag) bool { return groupOf(f) != g || isHidden(f) })
		if g == groupDisplay {
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

func isHidden(f cli.Flag) bool {
	v, ok := f.(cli.VisibleFlag)
	return ok && !v.IsVisible()
}

// groupOf is the group of an option, "" also for one that has none.
func groupOf(f cli.Flag) group {
	if c, ok := f.(cli.CategorizableFlag); ok {
		return group(c.GetCategory())
	}
	return ""
}
