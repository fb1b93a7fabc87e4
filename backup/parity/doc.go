// Package parity makes a sidecar beside a file, NAME.par. It finds the damaged blocks of the
// file and repairs them, up to a share that is chosen when the sidecar is made. Limits: files of
// at most 64 TiB, 1 to 50 percent of parity. The file itself is never changed: a repair writes a
// new file.
//
// The file is divided into blocks of 64 KiB; the last one may be shorter. Every stripe has 100
// of them and, for instance, 5 blocks of Reed-Solomon parity, and any 5 of these 105 may be
// lost. Block i is in stripe i mod S, where S is the number of stripes, so that consecutive
// blocks are in different stripes: any 5·S consecutive blocks may be lost.
//
//	file     | 0 | 1 | 2 | … | S-1 | S | S+1 | … | 2S-1 | 2S | …       N blocks
//	stripe     0   1   2   …   S-1   0    1    …   S-1     0            each 100 blocks, the missing ones zero
//
//	NAME.par
//	0x0000   header            4 KiB: magic, sizes, SHA-256 of all sums; its own SHA-256 last
//	0x1000   sums              pages of 4 KiB: 127 SHA-256 sums of blocks, and the page's own
//	         header            the same again
//	         parity            blocks of 64 KiB: the first of each stripe, then the second of each …
//	         sums              the same again
//	         header            the same again, in the last 4 KiB
//
// Damaged parts of the sidecar are read from the other copy, and a damaged parity block counts
// as lost. docs/parity.md describes every field. The code is that of klauspost/reedsolomon as
// reedsolomon.New makes it: GF(2^8) by 0x11d, with a systematic matrix made from a Vandermonde
// matrix.
package parity
