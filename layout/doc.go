// Package layout asks every witness of a device where its partitions are, and makes
// one table of the answers.
//
//	primary GPT ─┐
//	backup GPT  ─┤ the dump's own table ─┐
//	MBR + EBR   ─┘                       ├─► Layout{Table, DeviceSize, Missing, Problems}
//	scatter file ── names, raw rows ─────┤
//	content ─────── what stands there ───┘
//
// The order of belief is: primary GPT, backup GPT, MBR and EBR chain, scatter file. A
// scatter file adds names and the rows that an MBR cannot hold; it never silently
// moves a partition. When it names two or more starts that the dump's own table
// denies, or content stands in a row that cannot belong there, the scatter file is of
// another phone or build: Resolve returns a *ForeignError, and only Options.Trust
// makes it go on.
//
// The generation probe follows what MediaTek's own bootloaders look for; the order is
// that of the public readers (mtkclient gpt.py and mbr.py, MediaTek's ptgen).
package layout
