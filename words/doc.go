// Package words has the words for errors and results of the libraries: the text, hints, and the
// exit code of the program.
//
//	text, hints, code := words.Of(err)
//
// Libraries report what is wrong and what is needed, as typed errors, flash.Reason and
// codes.Need. This package adds the commands and options of the program that help. No other
// package below cmd names one. The package does not print: a front end shows the words.
//
// Where a command knows more than the type of an error, it gives the error its own hints with
// Advise, Refuse or ReadOn, and another text with Reword.
package words
