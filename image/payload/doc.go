// Package payload reads payload.bin, in which phones with two slots get their updates: the
// partitions of a full update as Images, which are unpacked where they are read. Limits: version
// 2 of the format, and no incremental updates, which need the phone's old partitions.
//
//	payload.bin                          manifest (protobuf)
//	0x00  "CrAU"                          3  block size, bytes (4096)
//	0x04  u64 version, 2                  12 minor version, 0 for a full update
//	0x0C  u64 length of the manifest      13 partition ─┐ …
//	0x14  u32 length of its signature     14 time when it was made, Unix seconds
//	0x18  manifest                        18 security patch level
//	…     signature of the manifest                     │
//	…     data of the operations                        ▼
//	                                      1  name
//	operation                             6  old size and hash: incremental
//	1 type: replace, zero, diff …         7  new size (1) and SHA-256 (2)
//	2 offset of its data, behind the      8  operation ─┐ …
//	  manifest's signature                17 version    │
//	3 length of its data      ◄─────────────────────────┘
//	6 extents that it writes: first block (1), number of blocks (2)
//	8 SHA-256 of its data
//
// The three numbers of the header are big-endian. An operation is unpacked as a whole, and its
// data are compared with their hash before a byte of them is returned. Blocks that no operation
// writes are holes.
//
// Source: AOSP system/update_engine, update_metadata.proto and payload_consumer.
package payload
