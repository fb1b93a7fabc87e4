package ext4

const directBlocks = 12

// blockMap maps a file as ext2 does: twelve direct blocks, then trees of one, two and
// three levels. A block number of 0 is a hole of the file.
func (m *mapper) blockMap() error {
	last := (m.node.Size + m.block - 1) / m.block // blocks of the file
	root := m.own.block()
	logical := int64(0)
	if err := m.pointers(root[:4*directBlocks], m.own.at+offBlock, 0, &logical, last); err != nil {
		return err
	}
	for level := 1; level <= 3 && logical < last; level++ {
		b := root[4*(directBlocks+level-1):][:4]
		if err := m.pointers(b, m.own.at+offBlock, level, &logical, last); err != nil {
			return err
		}
	}
	if logical < last {
		return m.damaged(m.own.at+offSizeLow, "its size of %d bytes is more than its map of blocks can hold", m.node.Size)
	}
	return nil
}

// pointers follows block numbers that are the given number of levels above the data.
func (m *mapper) pointers(b []byte, at int64, level int, logical *int64, last int64) error {
	each := int64(1) // blocks of the file for each pointer
	for range level {
		each *= m.block / 4
	}
	for i := 0; i < len(b) && *logical < last; i += 4 {
		block := int64(le.Uint32(b[i:]))
		switch {
		case block == 0:
			*logical += each
		case level == 0:
			if err := m.add(at+int64(i), *logical, block, 1); err != nil {
				return err
			}
			*logical++
		default:
			child, err := m.read(block)
			if err != nil {
				return err
			}
			if err := m.pointers(child, block*m.block, level-1, logical, last); err != nil {
				return err
			}
		}
	}
	return nil
}
