package imgtest

import "crypto/sha256"

// Ext4 returns the first 4096 bytes of an ext4 file system of size bytes with 4096-
// byte blocks: a superblock that states magic, size and label. There are no files in
// it.
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

// Super returns the head of a super partition of size bytes: geometry, its backup,
// and metadata 10.0 (two slots, each twice) of two logical partitions, system and
// vendor, of 1 MiB and 512 KiB from 1 MiB on. The layout is AOSP's
// liblp/metadata_format.h.
func Super(size int64) []byte {
	const maxSize, slots = 0x1000, 2
	meta := superMetadata(size)
	b := make([]byte, 0x3000+2*slots*maxSize)
	for _, at := range []int{0x1000, 0x2000} {
		g := b[at : at+52]
		put32(g, 0, 0x616c4467, 52)
		put32(g, 40, maxSize, slots, 4096)
		sum := sha256.Sum256(g)
		copy(g[8:], sum[:])
	}
	for slot := range 2 * slots {
		copy(b[0x3000+slot*maxSize:], meta)
	}
	return b
}

func superMetadata(size int64) []byte {
	var tables []byte
	row := func(n int, set func(b []byte)) {
		b := make([]byte, n)
		set(b)
		tables = append(tables, b...)
	}
	for i, name := range []string{"system", "vendor"} {
		row(52, func(b []byte) { copy(b, name); put32(b, 36, 1, uint32(i), 1, 1) })
	}
	for i, sectors := range []uint32{2048, 1024} {
		row(24, func(b []byte) { put32(b, 0, sectors, 0, 0, uint32(2048+i*2048)) })
	}
	row(48, func(b []byte) { copy(b, "default") })
	row(48, func(b []byte) { copy(b, "main"); le.PutUint64(b[40:], uint64(size-1<<20)) })
	row(64, func(b []byte) {
		put32(b, 0, 2048, 0, 1<<20)
		le.PutUint64(b[16:], uint64(size))
		copy(b[24:], "super")
	})

	h := make([]byte, 128)
	put32(h, 0, 0x414c5030, 10, 128) // magic, major 10 and minor 0, header size
	put32(h, 44, uint32(len(tables)))
	sum := sha256.Sum256(tables)
	copy(h[48:], sum[:])
	put32(h, 80, 0, 2, 52, 104, 2, 24, 152, 2, 48, 248, 1, 64) // offset, count, entry size
	sum = sha256.Sum256(h)
	copy(h[12:], sum[:])
	return append(h, tables...)
}
