package imgtest

const (
	productSize = 512 * kib // the logical partition product
	productFS   = 128 * kib // its file system; the hash tree is behind it
)

// logicalParts returns the super partition of a phone that has system and vendor
// outside it: product is an EROFS with its hash tree behind it, system_ext an ext4.
func (a android) logicalParts(size int64) []piece {
	fs, tree, _ := a.product()
	product := append(fs, tree...)
	l := Logical{
		Partitions: []LogicalPartition{
			{"product", 1, []LogicalExtent{{uint32(productSize / 512), 0, 2048, 0}}},
			{"system_ext", 1, []LogicalExtent{{2048, 0, 4096, 0}}},
		},
		Groups:  []string{"default", "main"},
		Devices: []LogicalDevice{{Name: "super", Size: uint64(size)}},
	}
	return append([]piece{{0, SuperHead(l, l)}, {mib, product}},
		moved(2*mib, ext4("system_ext", a.vendor("system_ext")...)(mib))...)
}

// super returns the super partition of a phone with system and vendor in it: the table
// of Super, an ext4 and an EROFS.
func (a android) super(size int64) []piece {
	system := moved(mib, ext4("system", a.system()...)(mib))
	return append(append([]piece{{0, Super(size)}}, system...),
		piece{2 * mib, erofs("vendor", a.vendor("vendor")...)}, piece{size - 4096, Noise("super end", 4096)})
}

// product returns the file system of product, its hash tree, and the tree's descriptor.
func (a android) product() (fs, tree, descriptor []byte) {
	salt := Noise(a.board+" salt", 32)
	fs = make([]byte, productFS)
	if copy(fs, erofs("product", a.vendor("product")...)) == len(fs) {
		panic("imgtest: product has no room for its files")
	}
	tree, root := HashTree(fs, salt)
	return fs, tree, AVBTree{Partition: "product", ImageSize: productFS, Offset: productFS, Size: int64(len(tree)),
		Hash: "sha256", Block: 4096, Salt: salt, Root: root}.Descriptor()
}

// vbmeta returns the unsigned block with the right descriptors of boot, recovery, dtbo
// and product.
func (a android) vbmeta(boot, recovery, dtbo []byte) []byte {
	_, _, product := a.product()
	salt := Noise(a.board+" salt", 32)
	return pad(AVBBlock{Descriptors: [][]byte{
		AVBProperty("com.android.build.boot.fingerprint", a.fingerprint()),
		AVBHash("boot", boot, salt), AVBHash("recovery", recovery, salt), AVBHash("dtbo", dtbo, salt), product,
	}}.Bytes(), 4096, 0)
}

// moved adds off to the offsets of pieces.
func moved(off int64, list []piece) []piece {
	for i := range list {
		list[i].off += off
	}
	return list
}
