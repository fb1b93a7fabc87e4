// Package ui is the window: pages in the browser of this computer, for people who do not type commands.
//
//	browser ──guard──► pages ──► dump, report, words …      what is in a dump
//	                     └─form─► job.Order ──job.List──► the commands of the program
//
// A page that shows calls the libraries. A page that does something fills in a command line and runs it
// as a job: so it refuses, warns and hints as a terminal does, and the user sees the line. guard lets in
// only the user who started the program. Texts are in ui/text, pages in ui/pages and ui/static.
package ui
