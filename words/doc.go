// Package words is what a person is told about an error or a result of the libraries: the text,
// what to do next, and with which exit code a program ends.
//
//	text, hints, code := words.Of(err)
//
// The rule: libraries say what is wrong and what is needed, as typed errors, flash.Reason and
// codes.Need. Here stand the commands and options of the program that help. No other package
// below cmd names one. The package does not print: every front end shows its words as it likes.
//
// Where a command knows better than the type of an error what helps, Advise, Refuse and ReadOn
// give the error its hints, and Reword another text.
package words
