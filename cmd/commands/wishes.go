package commands

import (
	"errors"
	"strings"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/plan"
)

// wishOptions say which files are wanted of a dump.
type wishOptions struct {
	only, skip []string
	slot       string
	userdata   userdataWord
	names      string
}

type userdataWord string

var userdataWords = map[userdataWord]plan.Userdata{"full": plan.UserdataFull, "head": plan.UserdataHead, "skip": plan.UserdataSkip}

func newWishes() wishOptions { return wishOptions{userdata: "full", names: "flash"} }

func (o *wishOptions) options() []flags.Option {
	return append(patternOptions(&o.only, &o.skip),
		flags.Choice(&o.slot, "slot", "on a phone with two of each: only `SLOT` a or b", "a", "b"),
		flags.Choice(&o.userdata, "userdata", "`HOW` much of userdata: full, head (its first 4 and last 1 MiB) or skip", "full", "head", "skip"),
		flags.Choice(&o.names, "names", "`HOW` files are named: flash (as flash tools want them) or table (after partitions)", "flash", "table"))
}

// patternOptions choose partitions by their names.
func patternOptions(only, skip *[]string) []flags.Option {
	return []flags.Option{
		flags.List(only, "only", "only partitions that match these `PATTERNS`, as in 'boot,recovery,nv*'"),
		flags.List(skip, "skip", "leave out partitions that match these `PATTERNS`"),
	}
}

// wishes puts the options into the words of plan.
func (o *wishOptions) wishes() plan.Wishes {
	return plan.Wishes{Only: o.only, Skip: o.skip, Slot: o.slot, TableNames: o.names == "table", Userdata: userdataWords[o.userdata]}
}

// patternWords makes an error about names a usage error.
func patternWords(err error) error {
	if errors.Is(err, plan.ErrNothing) {
		return usage("these options leave nothing to write")
	}
	var bad *plan.PatternError
	if !errors.As(err, &bad) {
		return err
	}
	if len(bad.Names) == 0 {
		return usage("malformed pattern %q", bad.Pattern)
	}
	return usage("no partition matches %q; there are: %s", bad.Pattern, strings.Join(bad.Names, " "))
}
