package commands

import (
	"errors"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// wishOptions are the options that say which files are made from a dump.
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
		flags.Choice(&o.slot, "slot", "if the phone has slots: only the partitions of `SLOT` a or b", "a", "b"),
		flags.Choice(&o.userdata, "userdata", "`HOW` much of userdata to include: full, head (the first 4 MiB and the last 1 MiB) or skip", "full", "head", "skip"),
		flags.Choice(&o.names, "names", "`HOW` to name files: flash (as flash tools expect) or table (as in the partition table)", "flash", "table"))
}

// patternOptions returns the options that select partitions by name.
func patternOptions(only, skip *[]string) []flags.Option {
	return []flags.Option{
		flags.List(only, "only", "only partitions that match these `PATTERNS`, as in 'boot,recovery,nv*'"),
		flags.List(skip, "skip", "leave out partitions that match these `PATTERNS`"),
	}
}

// wishes makes the wishes for package plan.
func (o *wishOptions) wishes() plan.Wishes {
	return plan.Wishes{Only: o.only, Skip: o.skip, Slot: o.slot, TableNames: o.names == "table", Userdata: userdataWords[o.userdata]}
}

// patternWords makes an error about names a usage error.
func patternWords(err error) error {
	if errors.Is(err, plan.ErrNothing) {
		return usage("with these options there is nothing to write")
	}
	var bad *plan.PatternError
	if !errors.As(err, &bad) {
		return err
	}
	if len(bad.Names) == 0 {
		return usage("malformed pattern %q", bad.Pattern)
	}
	return usage("no partition matches %q; the partitions are: %s", bad.Pattern, flash.ShownAll(bad.Names, " "))
}
