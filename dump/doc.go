// Package dump opens a dump with its partitions: the bytes by source, the table by layout,
// and what lies beside the dump and is certainly of it.
//
//	path ──source──► Device ──┐                    ┌─► Plan(wishes)   what a split would make
//	--------------------------├─layout─► Dump ─────┼─► Partition(name) one partition, as people call it
//	table: the user's, else   │                    ├─► Facts           all that is known, for report
//	the folder's, else one    │                    ├─► Changed         copies against the folder's hashes
//	beside the dump, if it    │                    └─► Super, Files    what is inside partitions
//	agrees in everything  ────┘
//
// A Dump is also made into what other tools take: Scatter and Script write its table down, Phone
// and Stock are what recovery needs. OpenTableFile reads a table that is a file by itself.
//
// The tables are tried in one order: the user's; the one that a record has; the one that the
// folder or archive brings; the dump's own. A table that contradicts the dump is not taken,
// and only the user's makes that an error (*layout.ForeignError).
//
// A file that is no dump is a *NotDump, which says what it is. A dump of which too little was
// read yet is an *UnreadError. A file that no key opens is an error that wraps seal.ErrKey.
//
// Limits: one phone at a time; a dump is opened read-only and is believed for as long as its
// files stay what they were (Check). Names are looked up in one dump's own table, with the
// slot that its misc partition calls active.
package dump
