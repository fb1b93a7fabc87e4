package flags

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/words"

	"github.com/mtkkit/mtkkit/flash"
)

// An option is written down once, with the field that it fills: commands read fields, and a
// misspelt one does not compile. A value that makes no sense is refused when it is read.

// Option is an option of the command line and the field that it fills.
type Option struct {
	cli.Flag
	Field any // the pointer that it fills
}

// Group is a heading of the help.
type Group string

// The groups, in the order of the help. What matters most has no heading.
const (
	GroupInput   Group = "Input"
	GroupOutput  Group = "Output"
	GroupPhone   Group = "Phone"
	GroupKeys    Group = "Keys"
	GroupDisplay Group = "Display"
)

// Groups are all of them, in the order of the help.
var Groups = []Group{"", GroupInput, GroupOutput, GroupPhone, GroupKeys, GroupDisplay}

// In gives options a heading.
func In(g Group, list ...Option) []Option {
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

// Of are the flags of a command; those that fill the fields of first come first in the
// help, without a heading. What else has none is for the output.
func Of(first []any, lists ...[]Option) (out []cli.Flag) {
	all := slices.Concat(lists...)
	for _, field := range first {
		i := slices.IndexFunc(all, func(o Option) bool { return o.Field == field })
		In("", all[i])
		out = append(out, all[i].Flag)
		all = slices.Delete(all, i, i+1)
	}
	for _, o := range all {
		if GroupOf(o.Flag) == "" {
			In(GroupOutput, o)
		}
		out = append(out, o.Flag)
	}
	return out
}

// Fields names the options that come first in the help.
func Fields(pointers ...any) []any { return pointers }

// Given are those of the options that the user gave, of the ones that fill these fields, in
// their order.
func Given(all []Option, fields ...any) (out []Option) {
	for _, field := range fields {
		i := slices.IndexFunc(all, func(o Option) bool { return o.Field == field })
		switch f := all[i].Flag.(type) {
		case *cli.BoolFlag:
			if *f.Destination {
				out = append(out, all[i])
			}
		case *cli.GenericFlag:
			if f.Value.(*value).given {
				out = append(out, all[i])
			}
		}
	}
	return out
}

// Typed is an option that was given as it is typed again.
func (o Option) Typed() string {
	name := "--" + o.Names()[0]
	switch f := o.Field.(type) {
	case *bool:
		return name
	case *[]string:
		return name + " " + words.Quoted(strings.Join(*f, ","))
	}
	return name + " " + words.Quoted(o.Flag.(*cli.GenericFlag).Value.String())
}

// value is what an option takes, read by set. Its text is what the help shows as the default.
type value struct {
	text  string
	set   func(string) error
	given bool // by the user
}

// Set implements cli.Generic. The library also sets an option under its other names, to the
// text that it has already.
func (v *value) Set(s string) error {
	if s == "" {
		return errNoValue
	}
	err := v.set(s)
	if err == nil {
		v.text, v.given = s, true
	}
	return err
}

func (v *value) String() string { return v.text }

var errNoValue = fmt.Errorf("is given without a value")

// Taking makes an option that takes a value; names are "output o".
func Taking(field any, names, usage, initial string, set func(string) error) Option {
	all := strings.Fields(names)
	return Option{&cli.GenericFlag{Name: all[0], Aliases: all[1:], Usage: usage, Value: &value{text: initial, set: set}}, field}
}

// Switch is an option that is given or not.
func Switch(p *bool, names, usage string) Option {
	all := strings.Fields(names)
	return Option{&cli.BoolFlag{Name: all[0], Aliases: all[1:], Usage: usage, Destination: p, DisableDefaultText: true}, p}
}

// Text takes any text.
func Text(p *string, names, usage string) Option {
	return Taking(p, names, usage, *p, func(s string) error { *p = s; return nil })
}

// List takes several texts: with commas, or the option again and again.
func List(p *[]string, names, usage string) Option {
	o := Taking(p, names, usage, "", nil)
	v := o.Flag.(*cli.GenericFlag).Value.(*value)
	v.set = func(s string) error {
		if s == v.text { // under another of its names
			return nil
		}
		for one := range strings.SplitSeq(s, ",") {
			*p = append(*p, strings.TrimSpace(one))
		}
		return nil
	}
	return o
}

// Choice takes one of some words.
func Choice[T ~string](p *T, names, usage string, words ...T) Option {
	return Taking(p, names, usage, string(*p), func(s string) error {
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

// Number takes a whole number from least to most; unit is what it counts, "" for nothing.
func Number(p *int, names, usage string, least, most int, unit string) Option {
	initial := ""
	if *p != 0 {
		initial = strconv.Itoa(*p)
	}
	return Taking(p, names, usage, initial, func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("is %d to %d%s, not %s", least, most, unit, s)
		}
		*p = n
		return nil
	})
}

// Size takes a number of bytes, at least so many, as in 4000M or 0x1D2000000.
func Size(p *int64, names, usage string, least int64, example string) Option {
	initial := ""
	if *p != 0 {
		initial = flash.Size(*p).String()
	}
	return Taking(p, names, usage, initial, func(s string) error {
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

// Time takes a time: 90 (seconds), 90s, 5m.
func Time(p *time.Duration, names, usage string) Option {
	initial := ""
	if *p != 0 {
		initial = p.String()
	}
	return Taking(p, names, usage, initial, func(s string) error {
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

// Check has an option refuse the values that check refuses, with its error.
func Check(f cli.Flag, check func(string) error) {
	g, ok := f.(*cli.GenericFlag)
	if !ok {
		return
	}
	v := g.Value.(*value)
	set := v.set
	v.set = func(s string) error {
		if err := check(s); err != nil {
			return err
		}
		return set(s)
	}
}
