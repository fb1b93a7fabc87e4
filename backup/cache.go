package backup

import (
	"runtime"
	"slices"
	"sync"
)

// cached is an unpacked chunk, or one about to be.
type cached struct {
	member *Member
	chunk  int
	once   sync.Once
	plain  []byte
	err    error

	users int  // who need plain: the cache itself, readers, who unpacks it ahead
	ahead bool // what follows it is cared for
}

// cache keeps the chunks used last. Who reads in order finds the next chunks unpacked
// by other processors. Memory is used again: what is new for every chunk costs more
// than unpacking does.
type cache struct {
	mu    sync.Mutex
	items []*cached // used last first
	ahead sync.WaitGroup
	spare [][]byte // of chunks that nobody needs any more
	packs [][]byte // for frames
}

// keptChunks is how many chunks are kept: for a reader on each processor one and those
// ahead of it.
func keptChunks() int { return max(8, 2*min(runtime.GOMAXPROCS(0), maxWorkers)) }

// aheadChunks is how many chunks are unpacked before they are asked for: none where no
// other processor could, and no more than are kept for each reader.
func aheadChunks() int {
	n := runtime.GOMAXPROCS(0)
	if n == 1 {
		return 0
	}
	return max(0, min(3, keptChunks()/n-1))
}

// take returns a chunk, unpacked. It must be given back. Who reads in order is known by
// the chunk before, or by being in the middle of this one: heads are read by everybody.
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

// drop counts a user less.
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
		c.packs = append(c.packs, packed) // as many as are unpacked at a time
		c.mu.Unlock()
	})
}

// readAhead unpacks what a reader of chunk i will want next.
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

// find returns the item of a chunk, as the one used last, with a user more.
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

// pop takes a buffer from a list, nil from an empty one.
func pop(list *[][]byte) []byte {
	n := len(*list)
	if n == 0 {
		return nil
	}
	b := (*list)[n-1]
	*list = (*list)[:n-1]
	return b
}
