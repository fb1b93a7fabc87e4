// Package stock says which images of a maker's firmware package may replace what a dump has lost.
// Limits: it names and judges images and copies none; a package that it cannot judge is not safe.
//
//	dump or backup                package                    verdict
//	 boot    not all read ─────── boot.img                   fits: the bytes that the phone's vbmeta wants
//	 system  damaged      ─────── payload.bin: system        wrong: another build
//	 logo    lost         ─────── logo-verified.bin          unknown: nothing names the build of the dump
//	 nvram   lost                                            own: no package has this phone's
//
// The proofs are tried in this order: model, size, the phone's own vbmeta descriptors, keys and
// rollback indexes of vbmeta blocks, build fingerprints, and other partitions that are the same in
// both.
package stock
