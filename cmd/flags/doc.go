// Package flags is the command line of the program: options that fill the fields of a struct,
// their order, their help, and what is said of those that make no sense.
//
//	type options struct { output string; force bool }
//
//	flags.Of(flags.Fields(&o.output),                    what the help shows first
//	    []flags.Option{flags.Text(&o.output, "output o", "`FILE` to write")},
//	    flags.In(flags.GroupOutput, flags.Switch(&o.force, "force f", "replace FILE")))
//
// An option is named once. Commands read fields, so that a misspelt option does not compile.
// It stands on urfave/cli, and does what that does not: options behind files, options whose
// value may be left out, groups in an order of their own, values that are checked when they are
// read.
package flags
