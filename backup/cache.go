package backup

import (
	"runtime"
	"slices"
	"sync"
)

// cached is an unpacked chunk, or one that is being unpacked.
type cached struct {
	member *Member
	chunk  int
	once   sync.Once
	plain  []byte
	err    error

	users int  // number of users of plain: the cache, readers, the goroutine that unpacks it ahead
	ahead bool // the chunks behind it are being unpacked ahead
}

// cache keeps the last used chunks. For a reader in order, other processors unpack the next
// chunks. Buffers are used again, because new memory for every chunk costs more than unpacking.
type cache struct {
	mu    sync.Mutex
	items []*cached // the last used one first
	ahead sync.WaitGroup
	spare [][]byte // of chunks without users
	packs [][]byte // for frames
}

// keptChunks is the number of chunks that are kept: for a reader on each processor, its chunk
// and those ahead of it.
func keptChunks() int { return max(8, 2*min(runtime.GOMAXPROCS(0), maxWorkers)) }

// aheadChunks is the number of chunks that are unpacked ahead: none with a single processor, and
// no more than are kept for each reader.
func aheadChunks() int {
	n := runtime.GOMAXPROCS(0)
	if n == 1 {
		return 0
	}
	return max(0, min(3, keptChunks()/n-1))
}

// take returns an unpacked chunk, which must be given back. A reader in order is recognised by
// the chunk before, or because it is in the middle of this one: the head of a chunk is read by
// every reader.
func (c *cache) take(a *Archive, m *Member, i int, middle bool) *cached {
	c.mu.Lock()
	item := c.find(m, i)
	if !item.ahead && (middle || i > 0 && c.index(m, i-1) >= 0) {
		item.ahead = true
		c.readAhead(a, m, i)
	}
	c.mu.Unlock()
	c.unpack(a, item)
	return item
}

// give ends the use of a chunk.
func (c *cache) give(item *cached) {
	c.mu.Lock()
	c.drop(item)
	c.mu.Unlock()
}

// drop removes one user.
func (c *cache) drop(item *cached) {
	if item.users--; item.users == 0 && item.plain != nil && len(c.spare) < keptChunks() {
		c.spare = append(c.spare, item.plain)
		item.plain = nil
	}
}

func (c *cache) unpack(a *Archive, item *cached) {
	item.once.Do(func() {
		c.mu.Lock()
		plain, packed := pop(&c.spare), pop(&c.packs)
		c.mu.Unlock()
		packed, item.plain, item.err = a.unpack(item.member, item.chunk, packed, plain)
		c.mu.Lock()
		c.packs = append(c.packs, packed) // one for each chunk that is unpacked at the same time
		c.mu.Unlock()
	})
}

// readAhead unpacks the chunks that a reader of chunk i will need next.
func (c *cache) readAhead(a *Archive, m *Member, i int) {
	for next := i + 1; next <= min(i+aheadChunks(), len(m.Chunks)-1); next++ {
		if c.index(m, next) >= 0 {
			continue
		}
		item := c.find(m, next)
		c.ahead.Go(func() {
			c.unpack(a, item)
			c.give(item)
		})
	}
}

func (c *cache) index(m *Member, i int) int {
	return slices.IndexFunc(c.items, func(it *cached) bool { return it.member == m && it.chunk == i })
}

// find returns the item of a chunk with one more user, and makes it the last used one.
func (c *cache) find(m *Member, i int) *cached {
	n := c.index(m, i)
	item := &cached{member: m, chunk: i, users: 1}
	if n >= 0 {
		item = c.items[n]
		c.items = slices.Delete(c.items, n, n+1)
	} else if kept := keptChunks(); len(c.items) >= kept {
		c.drop(c.items[kept-1])
		c.items = c.items[:kept-1]
	}
	item.users++
	c.items = slices.Insert(c.items, 0, item)
	return item
}

// pop takes a buffer from a list; nil if the list is empty.
func pop(list *[][]byte) []byte {
	n := len(*list)
	if n == 0 {
		return nil
	}
	b := (*list)[n-1]
	*list = (*list)[:n-1]
	return b
}
