// Package parity makes a sidecar beside a file, NAME.par, by which damage to the file is
// found to the block and repaired, up to a share that was chosen when it was made.
//
// The file is seen in blocks of 64 KiB, the last one short. Every stripe holds 100 of
// them and 5 blocks (say) of Reed-Solomon parity, and any 5 of these 105 may be lost.
// Block i is in stripe i mod S, S being the number of stripes, so that blocks that lie
// side by side are in different stripes: a run of 5·S blocks may be lost, wherever it is.
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
// What is damaged in the sidecar is read from the other copy, and a parity block that
// is damaged counts as lost. docs/parity.md has every field. The code is that of
// klauspost/reedsolomon as reedsolomon.New makes it: GF(2^8) by 0x11d, a systematic
// matrix made from Vandermonde's.
package parity
