// Package layers is a test: it reads the whole module and fails where a house rule is
// broken. The rules are the tables in house_test.go.
//
//	floor 6   cmd                                          the screen
//	floor 5   words                                        what a person is told
//	floor 4   archive session                              whole jobs
//	floor 3   dump                                         a dump, opened
//	floor 2   layout plan recovery report source whatis    what needs several formats
//	floor 1   scatter gpt ebr capture preloader image      formats: never move bytes
//	          split backup acquire                         movers: never parse bytes
//	floor 0   flash disk nfi                               the nouns; the system
//
// Imports run strictly down: a package sees the floors below its own, and nothing on
// its own floor. A folder within a room (acquire/port) lies below that room. No string of a
// library but words names an option or a command.
package layers
