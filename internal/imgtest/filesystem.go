package imgtest

// Ext4 returns the first 4096 bytes of an ext4 file system of size bytes with blocks of
// 4096 bytes: a superblock with magic, size and label. It has no files.
func Ext4(size int64, label string) []byte {
	b := make([]byte, 4096)
	s := b[1024:]
	blocks := uint32(size / 4096)
	put32(s, 0x00, blocks/4, blocks, 0, blocks/2, blocks/4) // inodes, blocks, reserved, free blocks, free inodes
	put32(s, 0x18, 2, 2, 0x8000, 0x8000, blocks/4)          // log block size, … per group
	le.PutUint16(s[0x38:], 0xef53)
	le.PutUint16(s[0x3a:], 1) // clean
	put32(s, 0x4c, 1)         // dynamic revision
	put32(s, 0x54, 11)
	le.PutUint16(s[0x58:], 256)       // inode size
	put32(s, 0x5c, 0x3c, 0x242, 0x7b) // features, without 64bit
	copy(s[0x68:0x78], Noise(label+" uuid", 16))
	copy(s[0x78:0x88], label)
	return b
}
