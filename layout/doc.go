// Package layout asks every witness of a device for its partitions, and makes one table of
// the answers.
//
//	primary GPT ─┐
//	backup GPT  ─┤ the dump's own table ─┐
//	MBR + EBR   ─┘                       ├─► Layout{Table, DeviceSize, Missing, Problems}
//	scatter file ── names, raw rows ─────┤
//	content ─────── kinds of the rows ───┘
//
// The order of trust is: primary GPT, backup GPT, MBR and EBR chain, scatter file. A
// scatter file adds names and the rows that an MBR cannot hold; it never silently
// moves a partition. If two or more of its starts contradict the dump's own table,
// or the content of a row cannot belong there, the scatter file is of
// another phone or build: Resolve returns a *ForeignError, unless Options.Trust
// is set.
//
// The generation probe follows what MediaTek's own bootloaders look for; the order is
// that of the public readers (mtkclient gpt.py and mbr.py, MediaTek's ptgen).
package layout
