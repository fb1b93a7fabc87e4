// Package transfer reads the lists beside the .new.dat files of update packages, which say where
// the blocks of a data file belong in a partition's image. Limits: lists that need the phone's
// old partition (incremental updates) are recognised and not read.
//
//	system.transfer.list                 system.new.dat      image of system
//	4               version, 1 to 4
//	96              blocks written
//	0               stash, from version 2 on
//	0
//	erase 2,96,128  count of numbers,                        96 … 127  holes
//	new 4,0,32,64,96   then first block  0 … 31  ──────────► 0 … 31
//	                   and end of each   32 … 63 ──────────► 64 … 95
//	zero 2,32,64       range                                 32 … 63   zeros
//
// A block has 4096 bytes. A phone may keep any bytes in erased blocks, so they are holes, like
// the blocks that no command names.
//
// Source: AOSP bootable/recovery, updater/blockimg.cpp, and build/tools, blockimgdiff.py.
package transfer
