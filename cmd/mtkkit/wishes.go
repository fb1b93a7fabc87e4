package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// smallestSparse is the least size of sparse files that anybody can mean, bytes.
const smallestSparse = 1 << 20

// wishes reads from the options of split which files are wanted.
func wishes(c *cli.Context) (w plan.Wishes, copies plan.Copies, err error) {
	w = plan.Wishes{Only: c.StringSlice("only"), Skip: c.StringSlice("skip"), Slot: strings.ToLower(c.String("slot"))}
	if w.Slot != "" && w.Slot != "a" && w.Slot != "b" {
		return w, copies, usage("%s: --slot is a or b, not %q", commandName(c), c.String("slot"))
	}
	switch c.String("names") {
	case "flash":
	case "table":
		w.TableNames = true
	default:
		return w, copies, usage("%s: --names is flash or table, not %q", commandName(c), c.String("names"))
	}
	switch c.String("userdata") {
	case "full":
	case "head":
		w.Userdata = plan.UserdataHead
	case "skip":
		w.Userdata = plan.UserdataSkip
	default:
		return w, copies, usage("%s: --userdata is full, head or skip, not %q", commandName(c), c.String("userdata"))
	}
	copies = plan.Copies{Trim: c.Bool("trim"), Sparse: c.Bool("sparse")}
	if c.IsSet("sparse-size") {
		s := c.String("sparse-size")
		n, err := flash.ParseSize(s)
		if err != nil || n < smallestSparse {
			return w, copies, usage("mtkkit split: --sparse=SIZE is a size of %s or more, as in --sparse=4G, not %q", flash.Size(smallestSparse), s)
		}
		copies.Sparse, copies.SparseSize = true, n
	}
	return w, copies, nil
}

func patternHelp(c *cli.Context, err error) error {
	if errors.Is(err, plan.ErrNothing) {
		return usage("%s: these options leave nothing to write", commandName(c))
	}
	var bad *plan.PatternError
	if !errors.As(err, &bad) {
		return err
	}
	if len(bad.Names) == 0 {
		return usage("%s: malformed pattern %q", commandName(c), bad.Pattern)
	}
	return usage("%s: no partition matches %q; there are: %s", commandName(c), bad.Pattern, strings.Join(bad.Names, " "))
}

// copiesWords says which copies were made, and what takes which.
func copiesWords(p *plan.Plan) []string {
	count := map[flash.Kind]int{}
	for _, it := range p.Items {
		count[it.Kind]++
	}
	var out []string
	if n := count["trimmed"]; n > 0 {
		out = append(out, fmt.Sprintf("%d trimmed copies: the scatter file names them, join the whole images beside them", n))
	}
	if n := count["sparse"]; n > 0 {
		out = append(out, fmt.Sprintf("%d sparse images for fastboot: the scatter file names the others, which every flash tool takes", n))
	}
	return out
}
