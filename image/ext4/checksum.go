package ext4

import "hash/crc32"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crc32c continues sum over b as the kernel does: without the inversions of hash/crc32
// at start and end.
func crc32c(sum uint32, b []byte) uint32 { return ^crc32.Update(^sum, castagnoli, b) }

// crc32cZeros continues over n zeros, in place of the checksum's own field.
func crc32cZeros(sum uint32, n int) uint32 { return crc32c(sum, make([]byte, n)) }

func crc32cNumbers(sum uint32, numbers ...uint32) uint32 {
	for _, n := range numbers {
		sum = crc32c(sum, le.AppendUint32(nil, n))
	}
	return sum
}

// crc16 returns the checksum of group descriptors with uninit_bg: polynomial 0x8005,
// bits reflected, as in the kernel's lib/crc16.c.
func crc16(sum uint16, b []byte) uint16 {
	for _, c := range b {
		sum ^= uint16(c)
		for range 8 {
			if sum&1 != 0 {
				sum = sum>>1 ^ 0xA001
			} else {
				sum >>= 1
			}
		}
	}
	return sum
}
