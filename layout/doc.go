// Package layout asks every witness of a device for its partitions, and makes one table from the
// answers. Limits: it reads only the starts of rows and, without a table, the whole dump; a
// partition that no witness names is not found.
//
//	primary GPT ─┐
//	backup GPT  ─┤ the dump's own table ─┐
//	MBR + EBR   ─┘                       ├─► Layout{Table, DeviceSize, Missing, Problems}
//	scatter file ── names, raw rows ─────┤
//	content ─────── kinds of the rows ───┘
//
// The order of trust is: primary GPT, backup GPT, MBR and EBR chain, scatter file. A scatter
// file adds names, and the rows that an MBR cannot have. It never moves a partition without a
// problem. If two or more of its starts contradict the dump's own table, or if content cannot
// belong to its row, the scatter file belongs to another phone or build: Resolve returns a
// *ForeignError, unless Options.Trust is set.
//
// The detection of the generation follows MediaTek's own bootloaders; the order is that of the
// public readers (mtkclient gpt.py and mbr.py, MediaTek's ptgen).
package layout
