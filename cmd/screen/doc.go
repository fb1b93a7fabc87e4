// Package screen prints for the user, on a terminal or elsewhere, and asks the user.
//
// The result goes to standard output, everything else to standard error. There are exactly four kinds
// of lines: note (information; not printed with Quiet), warning and error (about the data), and the one
// line that says why the program stops. A hint may follow any of them. Lines begin in lower case and
// end without a period. With JSON, standard output has one document and nothing else. Package words
// makes the texts of errors and results.
package screen
