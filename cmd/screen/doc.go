// Package screen is how the program speaks on a terminal, and asks there.
//
// What was asked for goes to standard output; everything else to standard error, in four ways
// and no fifth: note (normal, worth knowing; silenced by Quiet), warning and error (about the
// data), and the one line that says why the program stops. A hint may follow any of them. Lines
// begin in lower case and end without a period; with JSON, standard output is one document and
// nothing else. What the lines say is for package words.
package screen
