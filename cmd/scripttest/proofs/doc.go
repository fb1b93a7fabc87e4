// Package proofs tests that all commands come to one verdict about a damaged input:
//
//	form of the input   ×   damage   ×   command   →   exit code
//
// A form is a folder, a zip of it, an archive, an encrypted archive, a backup in a folder or in a
// registry. The table of each form is in testdata; "go test . -update" makes the tables again. Every
// cell is also held against a rule: a command that copies all bytes, or proves them, never ends with 0
// on a damaged input; a command that ends with 0 must say that it did not compare the bytes.
package proofs
