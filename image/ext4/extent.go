package ext4

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// A node of an extent tree is a header of 12 bytes, then entries of 12 bytes.
const (
	extentMagic = 0xF30A
	extentSize  = 12
	maxDepth    = 5 // 340^5 blocks are more than any file has

	offEntries = 2
	offMax     = 4
	offDepth   = 6

	maxInitialized = 32768 // longer extents are reserved and read as zeros
	lastLogical    = 1 << 32
)

// mapper finds the blocks of one inode.
type mapper struct {
	*FS
	node  *files.Inode
	own   *inode
	runs  []files.Run
	nodes int64 // blocks of the map that may still be read; at most each block of the image once
}

func (m *mapper) damaged(at int64, format string, a ...any) error {
	return m.fail(at, fmt.Sprintf("inode %d: ", m.node.Num)+fmt.Sprintf(format, a...), nil)
}

// add adds count blocks of the file, which begin at block phys of the image.
func (m *mapper) add(at, logical, phys, count int64) error {
	if phys < 0 || phys+count > m.blocks {
		return m.damaged(at, "its block %d is at block %d, but the file system has %d", logical, phys, m.blocks)
	}
	var err error
	m.runs, err = files.Append(m.runs, files.Run{Start: logical * m.block, Offset: phys * m.block, Length: count * m.block})
	if err != nil {
		return m.fail(at, fmt.Sprintf("inode %d", m.node.Num), err)
	}
	return nil
}

// read reads one block of the map.
func (m *mapper) read(block int64) ([]byte, error) {
	if m.nodes--; m.nodes < 0 {
		return nil, m.damaged(m.own.at, "the map of its blocks has more blocks than the image; this is a loop")
	}
	if block <= 0 || block >= m.blocks {
		return nil, m.damaged(m.own.at, "the map of its blocks is at block %d, but there are %d", block, m.blocks)
	}
	b, err := flash.ReadFull(m.img, block*m.block, int(m.block))
	if err != nil {
		return nil, m.fail(block*m.block, fmt.Sprintf("inode %d: the map of its blocks", m.node.Num), err)
	}
	return b, nil
}

// extents maps a file with an extent tree. Each node must be one level below its parent
// and within the parent's range. So a loop, or a node with two parents, is not
// accepted.
func (m *mapper) extents() error {
	root := m.own.block()
	depth := int(le.Uint16(root[offDepth:]))
	if depth > maxDepth {
		return m.damaged(m.own.at+offBlock, "an extent tree of depth %d is impossible", depth)
	}
	return m.extentNode(root, m.own.at+offBlock, depth, 0, lastLogical)
}

func (m *mapper) extentNode(b []byte, at int64, depth int, low, high int64) error {
	entries := int(le.Uint16(b[offEntries:]))
	switch {
	case le.Uint16(b) != extentMagic:
		return m.damaged(at, "there is no extent tree where one is needed")
	case int(le.Uint16(b[offDepth:])) != depth:
		return m.damaged(at+offDepth, "an extent node has depth %d instead of %d; this is a loop", le.Uint16(b[offDepth:]), depth)
	case (1+entries)*extentSize > len(b):
		return m.damaged(at+offEntries, "an extent node has %d entries in %d bytes", entries, len(b))
	}
	for i := range entries {
		e, eat := b[(1+i)*extentSize:], at+int64(1+i)*extentSize
		first := int64(le.Uint32(e))
		if first < low || first >= high {
			return m.damaged(eat, "extent %d begins at block %d, outside %d..%d", i, first, low, high)
		}
		if depth == 0 {
			count := int64(le.Uint16(e[4:]))
			initialized := count <= maxInitialized
			if !initialized {
				count -= maxInitialized
			}
			if count == 0 || first+count > high {
				return m.damaged(eat, "extent %d covers the blocks %d..%d, outside %d..%d", i, first, first+count, low, high)
			}
			if initialized {
				phys := int64(le.Uint32(e[8:])) | int64(le.Uint16(e[6:]))<<32
				if err := m.add(eat, first, phys, count); err != nil {
					return err
				}
			}
			low = first + count
			continue
		}
		next := high
		if i+1 < entries {
			next = int64(le.Uint32(b[(2+i)*extentSize:]))
		}
		child := int64(le.Uint32(e[4:])) | int64(le.Uint16(e[8:]))<<32
		if err := m.extentChild(child, depth-1, first, next); err != nil {
			return err
		}
		low = next
	}
	return nil
}

func (m *mapper) extentChild(block int64, depth int, low, high int64) error {
	b, err := m.read(block)
	if err != nil {
		return err
	}
	m.checkTail(b, block)
	return m.extentNode(b, block*m.block, depth, low, high)
}

// checkTail compares an extent node with the checksum behind its entries.
func (m *mapper) checkTail(b []byte, block int64) {
	end := (1 + int(le.Uint16(b[offMax:]))) * extentSize
	if !m.checksums() || end+4 > len(b) {
		return
	}
	if crc32c(m.own.seed, b[:end]) != le.Uint32(b[end:]) {
		m.Add(flash.Warning, fmt.Sprintf("inode %d", m.node.Num), block*m.block, "the checksum of an extent node is wrong")
	}
}
