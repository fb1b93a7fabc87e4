// Package layers is a test: it reads the whole module and fails if a rule of the
// project is broken. The rules are the tables in house_test.go.
//
//	floor 7   cmd                                          the screen
//	floor 6   ui                                           the window, a page in a browser
//	floor 5   words                                        what a person is told
//	floor 4   archive session                              whole jobs
//	floor 3   dump                                         a dump, opened
//	floor 2   layout plan recovery report source whatis    what needs several formats
//	floor 1   scatter gpt ebr capture preloader image      formats: never move bytes
//	          split backup acquire                         movers: never parse bytes
//	floor 0   flash disk nfi                               the nouns; the system
//
// Imports go strictly down: a package imports only packages on lower floors, and none
// on its own floor. A subfolder of a package (acquire/port) is below that package. Only
// words has strings that name an option or a command.
package layers
