package payload

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
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
	maxUnpacked = 16 << 20

	// maxAhead is the largest operation that is unpacked before it is needed, in bytes.
	maxAhead = 4 << 20

	// Dictionaries of xz, in bytes. update_engine accepts the larger one (kXzMaxDictSize in
	// xz_extent_writer.cc), and makes none that is larger than an operation.
	usualDictionary = 8 << 20
	maxDictionary   = 64 << 20

	// keptOperations stay in memory after they were read, because a mover reads less than an
	// operation at a time. Two movers read one operation each, and the next one is unpacked ahead.
	keptOperations = 6
	keptBytes      = 32 << 20
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
	img   flash.Image
	large sync.Mutex // one operation with a large dictionary is unpacked at a time

	mu   sync.Mutex
	kept []*unpacked // last used first
}

// unpacked is what an operation writes, once done is closed.
type unpacked struct {
	op    *source
	done  chan struct{}
	bytes []byte
	err   error
}

// unpack returns what an operation writes.
func (c *cache) unpack(op *source) ([]byte, error) {
	u, found := c.take(op)
	if !found {
		c.run(u)
	}
	<-u.done
	return u.bytes, u.err
}

// ahead begins to unpack an operation that will probably be read next.
func (c *cache) ahead(op *source) {
	if u, found := c.take(op); !found {
		go c.run(u)
	}
}

// take returns the entry of an operation, and whether it was there. Whoever gets a new one must run it.
func (c *cache) take(op *source) (u *unpacked, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.kept, func(u *unpacked) bool { return u.op == op })
	if found = i >= 0; found {
		u = c.kept[i]
		c.kept = slices.Delete(c.kept, i, i+1)
	} else {
		u = &unpacked{op: op, done: make(chan struct{})}
	}
	c.kept = slices.Insert(c.kept[:min(len(c.kept), keptOperations-1)], 0, u)
	c.forget()
	return u, found
}

// forget drops what was used longest ago, if all of it is too much.
func (c *cache) forget() {
	total := int64(0)
	for i, u := range c.kept {
		if total += u.op.length; total > keptBytes && i > 0 {
			clear(c.kept[i:])
			c.kept = c.kept[:i]
			return
		}
	}
}

func (c *cache) run(u *unpacked) {
	defer close(u.done)
	u.bytes, u.err = u.op.read(c.img, usualDictionary)
	if errors.Is(u.err, stream.ErrDictionary) {
		c.large.Lock()
		defer c.large.Unlock()
		u.bytes, u.err = u.op.read(c.img, maxDictionary)
	}
}

// dataError reports data of an operation that are damaged.
type dataError struct {
	off int64 // of the data in the file
	err error
}

func (e *dataError) Error() string { return fmt.Sprintf("its data at 0x%x %v", e.off, e.err) }

// Is reports that the error is damage of the file.
func (e *dataError) Is(target error) bool { return target == flash.ErrDamaged }

func (e *dataError) Unwrap() error { return e.err }

// read reads and unpacks the data of an operation. Dictionary is the largest one of xz, bytes.
func (op *source) read(img flash.Image, dictionary int) ([]byte, error) {
	data, err := flash.ReadFull(img, op.data.Offset, int(op.data.Length)) // at most maxUnpacked
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); len(op.sum) > 0 && !bytes.Equal(sum[:], op.sum) {
		return nil, &dataError{op.data.Offset, errors.New("do not have their SHA-256: they are damaged")}
	}
	in := io.NopCloser(io.Reader(bytes.NewReader(data)))
	if op.kind != replace {
		if in, err = stream.OpenWithin(bufio.NewReader(bytes.NewReader(data)), dictionary); err != nil {
			return nil, &dataError{op.data.Offset, fmt.Errorf("cannot be unpacked: %w", err)}
		}
	}
	defer in.Close()
	out := make([]byte, op.length)
	if n, err := io.ReadFull(in, out); err != nil {
		return nil, &dataError{op.data.Offset, fmt.Errorf("break off after %d of %d bytes: %w", n, op.length, err)}
	}
	return out, nil
}
