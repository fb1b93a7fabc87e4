// Package flags reads the command line of the program: options that fill the fields of a struct,
// their order, their help, and usage errors.
//
//	type options struct { output string; force bool }
//
//	flags.Of(flags.Fields(&o.output),                    shown first in the help
//	    []flags.Option{flags.Text(&o.output, "output o", "`FILE` to write")},
//	    flags.In(flags.GroupOutput, flags.Switch(&o.force, "force f", "replace FILE")))
//
// An option is defined once, together with its field. Commands read the field, so a misspelt option
// does not compile. The package uses urfave/cli and adds what it lacks: options after files, options
// whose value may be left out, groups in a fixed order, and values that are checked when they are read.
package flags
