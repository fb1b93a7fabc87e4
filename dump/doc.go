// Package dump opens a dump with its partitions: package source gives the bytes, layout the
// table. Files beside the dump are used if they certainly belong to it.
//
//	path ──source──► Device ──┐                    ┌─► Plan(wishes)   the outputs of a split
//	--------------------------├─layout─► Dump ─────┼─► Partition(name) one partition, by its usual names
//	table: the user's, else   │                    ├─► Facts           the input of a report
//	the folder's, else one    │                    ├─► Changed         copies against the folder's hashes
//	beside the dump, if it    │                    └─► Super, Files    what is inside partitions
//	agrees in everything  ────┘
//
// A Dump also has outputs for other tools: Scatter and Script write its table, RecoveryTarget
// and Stock give the input of package recovery. OpenTableFile reads a table from a file.
//
// The order of tables is: the user's, that of a record, that of the folder or archive, the dump's
// own. A table that contradicts the dump is not used. It is an error (*layout.ForeignError) only
// if it is the user's.
//
// Errors: *NotDump for a file that is not a dump, with its kind; *UnreadError if too little of the
// dump was read; an error that wraps seal.ErrKey if no key opens a file.
//
// Limits: one phone at a time. A dump is opened read-only, and is valid as long as its files are
// unchanged (Check). Names are looked up in the dump's own table, with the active slot from its
// misc partition.
package dump
