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

// Option is an option of the command line, with the field that it fills.
type Option struct {
	cli.Flag
	Field any // pointer to the field
}

// Group is a heading in the help of a command.
type Group string

// The groups, in the order of the help. The most important options come first, without a heading.
const (
	GroupInput   Group = "Input"
	GroupOutput  Group = "Output"
	GroupPhone   Group = "Phone"
	GroupKeys    Group = "Keys"
	GroupDisplay Group = "Display"
)

// Groups has all groups in the order of the help; "" is for the options without a heading.
var Groups = []Group{"", GroupInput, GroupOutput, GroupPhone, GroupKeys, GroupDisplay}

// In puts options into a group and returns them.
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

// Of returns the flags of a command. The options of the fields in first come first in the help,
// without a heading. Other options without a group are put into GroupOutput.
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

// Fields returns pointers to the fields of options, for Of and Given.
func Fields(pointers ...any) []any { return pointers }

// Given returns the options of these fields that the user gave, in the order of fields.
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

// Typed returns a given option as the user can type it again.
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

// value is the value of an option, read by set. The help shows its text as the default.
type value struct {
	text  string
	set   func(string) error
	given bool // by the user
}

// Set implements cli.Generic. urfave/cli calls it again with the same text for each other name of the
// option.
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

var errNoValue = fmt.Errorf("needs a value")

// Taking makes an option with a value, which set reads. names are separated by spaces ("output o");
// initial is the default in the help.
func Taking(field any, names, usage, initial string, set func(string) error) Option {
	all := strings.Fields(names)
	return Option{&cli.GenericFlag{Name: all[0], Aliases: all[1:], Usage: usage, Value: &value{text: initial, set: set}}, field}
}

// Switch makes an option without a value.
func Switch(p *bool, names, usage string) Option {
	all := strings.Fields(names)
	return Option{&cli.BoolFlag{Name: all[0], Aliases: all[1:], Usage: usage, Destination: p, DisableDefaultText: true}, p}
}

// Text makes an option that takes any text.
func Text(p *string, names, usage string) Option {
	return Taking(p, names, usage, *p, func(s string) error { *p = s; return nil })
}

// List makes an option that takes several texts, separated by commas; it may be given several times.
func List(p *[]string, names, usage string) Option {
	o := Taking(p, names, usage, "", nil)
	v := o.Flag.(*cli.GenericFlag).Value.(*value)
	v.set = func(s string) error {
		if s == v.text { // set again for another name
			return nil
		}
		for one := range strings.SplitSeq(s, ",") {
			*p = append(*p, strings.TrimSpace(one))
		}
		return nil
	}
	return o
}

// Choice makes an option that takes one of the given words, in upper or lower case.
func Choice[T ~string](p *T, names, usage string, words ...T) Option {
	return Taking(p, names, usage, string(*p), func(s string) error {
		i := slices.IndexFunc(words, func(w T) bool { return strings.EqualFold(string(w), s) })
		if i < 0 {
			return fmt.Errorf("must be %s, not %q", alternatives(words), s)
		}
		*p = words[i]
		return nil
	})
}

// alternatives joins words for a sentence: a, b or c.
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

// Number makes an option that takes an integer from least to most. unit follows the numbers in an
// error, such as " percent".
func Number(p *int, names, usage string, least, most int, unit string) Option {
	initial := ""
	if *p != 0 {
		initial = strconv.Itoa(*p)
	}
	return Taking(p, names, usage, initial, func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("must be %d to %d%s, not %s", least, most, unit, s)
		}
		*p = n
		return nil
	})
}

// Size makes an option that takes a number of bytes, at least least, as in 4000M or 0x1D2000000.
func Size(p *int64, names, usage string, least int64, example string) Option {
	initial := ""
	if *p != 0 {
		initial = flash.Size(*p).String()
	}
	return Taking(p, names, usage, initial, func(s string) error {
		n, err := flash.ParseSize(s)
		switch {
		case err != nil || n < least && least <= 1:
			return fmt.Errorf("must be a size such as %s, not %q", example, s)
		case n < least:
			return fmt.Errorf("must be a size of %s or more, such as %s, not %q", flash.Size(least), example, s)
		}
		*p = n
		return nil
	})
}

// Time makes an option that takes a duration: 90 (seconds), 90s, 5m.
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
			return fmt.Errorf("must be a time such as 90 (seconds), 90s or 5m, not %q", s)
		}
		*p = d
		return nil
	})
}

// Check makes an option also refuse the values for which check returns an error. It does nothing for
// an option without a value.
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
