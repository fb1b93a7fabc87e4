package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
)

// An option is written down once, with the field that it fills: commands read fields, and a
// misspelt one does not compile. A value that makes no sense is refused when it is read.

// option is an option of the command line and the field that it fills.
type option struct {
	cli.Flag
	field any
}

// group is a heading of the help.
type group string

// The groups, in the order of the help. What matters most has no heading.
const (
	groupInput   group = "Input"
	groupOutput  group = "Output"
	groupPhone   group = "Phone"
	groupKeys    group = "Keys"
	groupDisplay group = "Display"
)

var groups = []group{"", groupInput, groupOutput, groupPhone, groupKeys, groupDisplay}

// in gives options a heading.
func in(g group, list ...option) []option {
	for _, o := range list {
		switch f := o.Flag.(type) {
		case *cli.BoolFlag:
			f.Category = string(g)
		case *cli.GenericFlag:
			f.Category = string(g)
		}
	}
	return list
}

// flagsOf are the flags of a command; those that fill the fields of first come first in the
// help, without a heading. What else has none is for the output.
func flagsOf(first []any, lists ...[]option) (out []cli.Flag) {
	all := slices.Concat(lists...)
	for _, field := range first {
		i := slices.IndexFunc(all, func(o option) bool { return o.field == field })
		in("", all[i])
		out = append(out, all[i].Flag)
		all = slices.Delete(all, i, i+1)
	}
	for _, o := range all {
		if groupOf(o.Flag) == "" {
			in(groupOutput, o)
		}
		out = append(out, o.Flag)
	}
	return out
}

// fields names the options that come first in the help.
func fields(pointers ...any) []any { return pointers }

// value is what an option takes, read by set. Its text is what the help shows as the default.
type value struct {
	text string
	set  func(string) error
}

// Set implements cli.Generic. The library also sets an option under its other names, to the
// text that it has already.
func (v *value) Set(s string) error {
	if s == "" {
		return errNoValue
	}
	err := v.set(s)
	if err == nil {
		v.text = s
	}
	return err
}

func (v *value) String() string { return v.text }

var errNoValue = fmt.Errorf("is given without a value")

// taking makes an option that takes a value; names are "output o".
func taking(field any, names, usage, initial string, set func(string) error) option {
	all := strings.Fields(names)
	return option{&cli.GenericFlag{Name: all[0], Aliases: all[1:], Usage: usage, Value: &value{initial, set}}, field}
}

// flagOption is an option that is given or not.
func flagOption(p *bool, names, usage string) option {
	all := strings.Fields(names)
	return option{&cli.BoolFlag{Name: all[0], Aliases: all[1:], Usage: usage, Destination: p, DisableDefaultText: true}, p}
}

// textOption takes any text.
func textOption(p *string, names, usage string) option {
	return taking(p, names, usage, *p, func(s string) error { *p = s; return nil })
}

// listOption takes several texts: with commas, or the option again and again.
func listOption(p *[]string, names, usage string) option {
	o := taking(p, names, usage, "", nil)
	v := o.Flag.(*cli.GenericFlag).Value.(*value)
	v.set = func(s string) error {
		if s == v.text { // under another of its names
			return nil
		}
		for _, one := range strings.Split(s, ",") {
			*p = append(*p, strings.TrimSpace(one))
		}
		return nil
	}
	return o
}

// choiceOption takes one of some words.
func choiceOption[T ~string](p *T, names, usage string, words ...T) option {
	return taking(p, names, usage, string(*p), func(s string) error {
		i := slices.IndexFunc(words, func(w T) bool { return strings.EqualFold(string(w), s) })
		if i < 0 {
			return fmt.Errorf("is %s, not %q", alternatives(words), s)
		}
		*p = words[i]
		return nil
	})
}

// alternatives lists words as people say them: a, b or c.
func alternatives[T ~string](words []T) string {
	var out []string
	for _, w := range words {
		out = append(out, strings.ToLower(string(w)))
	}
	if n := len(out) - 1; n > 0 {
		return strings.Join(out[:n], ", ") + " or " + out[n]
	}
	return strings.Join(out, "")
}

// numberOption takes a whole number from least to most; unit is what it counts, "" for nothing.
func numberOption(p *int, names, usage string, least, most int, unit string) option {
	initial := ""
	if *p != 0 {
		initial = strconv.Itoa(*p)
	}
	return taking(p, names, usage, initial, func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("is %d to %d%s, not %s", least, most, unit, s)
		}
		*p = n
		return nil
	})
}

// sizeOption takes a number of bytes, at least so many, as in 4000M or 0x1D2000000.
func sizeOption(p *int64, names, usage string, least int64, example string) option {
	initial := ""
	if *p != 0 {
		initial = flash.Size(*p).String()
	}
	return taking(p, names, usage, initial, func(s string) error {
		n, err := flash.ParseSize(s)
		switch {
		case err != nil || n < least && least <= 1:
			return fmt.Errorf("is a size such as %s, not %q", example, s)
		case n < least:
			return fmt.Errorf("is a size of %s or more, as in %s, not %q", flash.Size(least), example, s)
		}
		*p = n
		return nil
	})
}

// timeOption takes a time: 90 (seconds), 90s, 5m.
func timeOption(p *time.Duration, names, usage string) option {
	initial := ""
	if *p != 0 {
		initial = p.String()
	}
	return taking(p, names, usage, initial, func(s string) error {
		d, err := time.ParseDuration(s)
		if n, nerr := strconv.ParseUint(s, 10, 31); nerr == nil {
			d, err = time.Duration(n)*time.Second, nil
		}
		if err != nil || d < 0 {
			return fmt.Errorf("is a time such as 90 (seconds), 90s or 5m, not %q", s)
		}
		*p = d
		return nil
	})
}

// displayOptions are those of nearly every command.
type displayOptions struct {
	json     bool
	quiet    bool
	progress progressMode
}

func newDisplay() displayOptions { return displayOptions{progress: progressAuto} }

func (o *displayOptions) options() []option {
	return append(o.still(), in(groupDisplay,
		choiceOption(&o.progress, "progress", "`HOW` progress is shown: auto, plain, json or none", progressAuto, progressPlain, progressJSON, progressNone))...)
}

// still are the options of a command that ends at once.
func (o *displayOptions) still() []option {
	return in(groupDisplay,
		flagOption(&o.json, "json", "one JSON document on standard output"),
		flagOption(&o.quiet, "quiet q", "no notes and no progress; warnings and errors stay"))
}
