package payload

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/stream"
)

const (
	// maxUnpacked limits what one operation writes, in bytes: it is in memory while it is read.
	// update_engine makes operations of 2 MiB.
	maxUnpacked = 64 << 20

	// keptOperations stay in memory after they were read, because a mover reads less than an
	// operation at a time.
	keptOperations = 4
)

// source has the data of an operation.
type source struct {
	kind   kind
	index  int          // of the operation
	data   flash.Extent // in the file
	length int64        // what it writes, bytes
	sum    []byte       // SHA-256 of the data, nil for none
}

// cache reads the operations of a file, and keeps the last ones.
type cache struct {
	img flash.Image

	mu   sync.Mutex
	kept []unpacked // last used first
}

type unpacked struct {
	op    *source
	bytes []byte
}

// unpack returns what an operation writes. Two callers may unpack at the same time.
func (c *cache) unpack(op *source) ([]byte, error) {
	if b := c.find(op); b != nil {
		return b, nil
	}
	b, err := op.read(c.img)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = slices.Insert(c.kept[:min(len(c.kept), keptOperations-1)], 0, unpacked{op, b})
	return b, nil
}

func (c *cache) find(op *source) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, k := range c.kept {
		if k.op == op {
			copy(c.kept[1:i+1], c.kept[:i])
			c.kept[0] = k
			return k.bytes
		}
	}
	return nil
}

// read reads and unpacks the data of an operation.
func (op *source) read(img flash.Image) ([]byte, error) {
	data, err := flash.ReadFull(img, op.data.Offset, int(op.data.Length)) // at most maxUnpacked
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); len(op.sum) > 0 && !bytes.Equal(sum[:], op.sum) {
		return nil, fmt.Errorf("its data at 0x%x do not have their SHA-256: they are damaged", op.data.Offset)
	}
	in := io.NopCloser(io.Reader(bytes.NewReader(data)))
	if op.kind != replace {
		if in, err = stream.Open(bufio.NewReader(bytes.NewReader(data))); err != nil {
			return nil, fmt.Errorf("its data at 0x%x: %w", op.data.Offset, err)
		}
	}
	defer in.Close()
	out := make([]byte, op.length)
	if n, err := io.ReadFull(in, out); err != nil {
		return nil, fmt.Errorf("its data at 0x%x break off after %d of %d bytes: %w", op.data.Offset, n, op.length, err)
	}
	return out, nil
}
