package oci

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// File is one file to push.
type File struct {
	flash.Output
	Coarse  bool   // no other phone has this content, so large groups are enough
	Private bool   // only PushOptions.Readers can read it, if there are any
	SHA256  string // expected sum, in hex; "" if unknown
}

// PushOptions says how a backup is pushed.
type PushOptions struct {
	Level   int       // level of zstd(1); 0: DefaultLevel
	Replace bool      // the tag may exist
	Now     time.Time // recorded as the time of the backup
	Workers int       // number of chunks compressed at a time; 0: the number of processors

	// Readers can read the private files or, with Everything, the whole backup. Without readers
	// nothing is encrypted. Encrypted data are never shared, and are sent again after an
	// interrupted push.
	Readers    []seal.Recipient
	Everything bool
}

// Stats has the counts of a push.
type Stats struct {
	Files       int   `json:"files"`
	Bytes       int64 `json:"size"` // size of the files
	Groups      int   `json:"groups"`
	Shared      int   `json:"shared"` // groups that already existed, in another backup or this one
	SharedBytes int64 `json:"shared_size"`
	Sent        int   `json:"sent"`      // blobs that were sent
	SentBytes   int64 `json:"sent_size"` // compressed
	Unread      int   `json:"unread"`    // tags that could not be read, so that nothing is shared with them
	Sealed      int   `json:"sealed"`    // files that are encrypted
	SealedBytes int64 `json:"sealed_size"`

	// Damaged blobs that were found in a layout folder. Mended ones were written again. Damaged
	// ones could not be, because they were compressed differently and the same bytes cannot be
	// made again.
	Mended  int      `json:"mended"`
	Damaged []string `json:"damaged,omitempty"`
}

// Upload is a push in progress. The order is Copy, WriteFile, Finish, and Close at the end or
// instead. Only Finish sets the tag. Before that, there are only blobs without a tag, and the
// next push of the same files finds them.
type Upload struct {
	repo   *Repo
	tag    string
	files  []File
	opt    PushOptions
	packer *packer
	known  map[string]ocispec.Descriptor
	lock   *lock // nil if nothing is encrypted

	mu      sync.Mutex // guards sent, and stats.Sent, SentBytes, Mended and Damaged
	stats   Stats
	sent    []ocispec.Descriptor
	cancel  context.CancelCauseFunc
	uploads sync.WaitGroup
	slots   chan struct{}

	written []flash.Written
	index   index
	layers  []ocispec.Descriptor
	done    int64
	total   int64
}

// uploadsAtOnce is the largest number of blobs that wait for the disk or the network, each in a
// file.
const uploadsAtOnce = 3

// Create starts a push under tag: it checks that the tag is free, and which groups already
// exist. It sends nothing.
func (r *Repo) Create(ctx context.Context, tag string, files []File, opt PushOptions) (*Upload, error) {
	if !tagName.MatchString(tag) {
		return nil, badRef(r.Store()+":"+tag, "%q is not a tag", tag)
	}
	u := &Upload{repo: r, tag: tag, files: files, opt: opt, slots: make(chan struct{}, uploadsAtOnce)}
	for _, f := range files {
		u.total += f.Image.Size()
		u.stats.Groups += len(cut(f))
		if err := flash.CheckFileName(f.Name); err != nil {
			return nil, fmt.Errorf("oci: %w", err)
		}
	}
	to := r.Ref
	to.Tag = tag
	if err := Fits(to, files); err != nil {
		return nil, err
	}
	tags, err := r.store.tags(ctx)
	if err != nil {
		return nil, r.fail(tag, err)
	}
	for _, t := range tags {
		if t == tag && !opt.Replace {
			return nil, r.fail(tag, errExists())
		}
	}
	if u.known, u.stats.Unread, err = r.known(ctx); err != nil {
		return nil, r.fail(tag, err)
	}
	if len(opt.Readers) > 0 {
		if u.lock, err = newLock(opt.Readers); err != nil {
			return nil, err
		}
	}
	if u.packer, err = newPacker(opt.Level, opt.Workers); err != nil {
		return nil, r.fail(tag, err)
	}
	return u, nil
}

// Copy sends the data of the files that the store does not have, and returns their sums.
func (u *Upload) Copy(ctx context.Context) ([]flash.Written, error) {
	ctx, u.cancel = context.WithCancelCause(ctx)
	defer u.cancel(nil)
	for _, f := range u.files {
		err := u.file(ctx, f)
		if cerr := flash.Check(f.Image); err == nil && cerr != nil {
			err = fmt.Errorf("%s: %w", f.Name, cerr)
		}
		if err != nil {
			u.cancel(err)
			break
		}
	}
	u.uploads.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, u.repo.fail(u.tag, err)
	}
	u.tell("", u.total, u.total)
	return u.written, nil
}

func (u *Upload) tell(name string, done, total int64) {
	if u.repo.opt.Progress != nil {
		u.repo.opt.Progress(flash.Event{Op: "push", Name: name, Done: done, Total: total})
	}
}

// file pushes one file, group by group.
func (u *Upload) file(ctx context.Context, f File) error {
	whole, size := sha256.New(), f.Image.Size()
	x := indexFile{Name: f.Name, Size: size, Sealed: u.seals(f), Groups: []indexGroup{}}
	extents := cut(f)
	zero := true
	var layers []ocispec.Descriptor
	var at int64
	for i, e := range extents {
		sums, empty, err := u.packer.hash(ctx, f.Image, e, whole, func(n int64) {
			u.done, at = u.done+n, at+n
			u.tell(f.Name, at, size)
			u.tell("", u.done, u.total)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		zero = zero && empty
		if f.OmitZero && zero && i == len(extents)-1 {
			u.written = append(u.written, flash.Written{ManifestFile: flash.ManifestFile{Name: f.Name, Size: size}, Omitted: true})
			u.stats.Groups -= len(extents)
			return nil
		}
		g := indexGroup{Size: e.Length, Plain: plainSum(sums), Chunks: sums}
		d, err := u.group(ctx, f, e, &g)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		d.Annotations = map[string]string{ocispec.AnnotationTitle: layerTitle(f.Name, i, len(extents))}
		if x.Sealed { // a plain sum would prove a guess of the content
			d.Annotations[ocispec.AnnotationTitle] += sealedEnding
		} else {
			d.Annotations[AnnotationPlain] = g.Plain.String()
		}
		layers = append(layers, d)
		x.Groups = append(x.Groups, g)
	}
	x.SHA256 = sum(whole.Sum(nil))
	if f.SHA256 != "" && f.SHA256 != x.SHA256.String() {
		return fmt.Errorf("%s has changed: its sha-256 is %s, it was %s", f.Name, x.SHA256, f.SHA256)
	}
	u.written = append(u.written, flash.Written{ManifestFile: flash.ManifestFile{Name: f.Name, Size: size, SHA256: x.SHA256.String()}})
	u.index.Files = append(u.index.Files, x)
	u.layers = append(u.layers, layers...)
	u.stats.Files++
	u.stats.Bytes += size
	if x.Sealed {
		u.stats.Sealed++
		u.stats.SealedBytes += size
	}
	return nil
}

// seals reports whether a file is encrypted.
func (u *Upload) seals(f File) bool { return u.lock != nil && (f.Private || u.opt.Everything) }

// layerTitle returns the title of a blob, chosen for tools that write layers to files: cat
// NAME.zst.* | zstd -d gives the file.
func layerTitle(name string, i, of int) string {
	if of == 1 {
		return name + ".zst"
	}
	return fmt.Sprintf("%s.zst.%04d", name, i)
}

// group finds the blob of a group, or makes it and starts to send it.
func (u *Upload) group(ctx context.Context, f File, e flash.Extent, g *indexGroup) (ocispec.Descriptor, error) {
	if u.seals(f) {
		return u.make(ctx, f, e, g, u.lock)
	}
	key := g.Plain.String()
	if d, ok := u.known[key]; ok {
		_, now := u.known[key+pending]
		if !now {
			state, err := u.look(ctx, d)
			if err != nil {
				return d, err
			}
			now = state == sound
		}
		if now {
			g.Blob, g.BlobSize = d.Digest, d.Size
			u.stats.Shared++
			u.stats.SharedBytes += g.Size
			return d, nil
		}
	}
	d, err := u.make(ctx, f, e, g, nil)
	if err == nil {
		u.known[key], u.known[key+pending] = d, d
	}
	return d, err
}

// look looks for a blob, and records one that is damaged.
func (u *Upload) look(ctx context.Context, d ocispec.Descriptor) (presence, error) {
	state, err := u.repo.store.has(ctx, d)
	if state == damaged {
		u.mu.Lock()
		defer u.mu.Unlock()
		if name := d.Digest.String(); !slices.Contains(u.stats.Damaged, name) {
			u.stats.Damaged = append(u.stats.Damaged, name)
		}
	}
	return state, err
}

// make makes the blob of a group, and starts to send it.
func (u *Upload) make(ctx context.Context, f File, e flash.Extent, g *indexGroup, by *lock) (ocispec.Descriptor, error) {
	spooled, err := u.repo.store.spool()
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	d, err := u.packer.pack(ctx, f.Image, e, g.Chunks, spooled, by)
	if err != nil {
		u.repo.store.drop(spooled)
		return d, err
	}
	g.Blob, g.BlobSize = d.Digest, d.Size
	select {
	case u.slots <- struct{}{}:
	case <-ctx.Done():
		u.repo.store.drop(spooled)
		return d, context.Cause(ctx)
	}
	u.uploads.Go(func() {
		defer func() { <-u.slots }()
		if err := u.send(ctx, d, spooled); err != nil {
			u.cancel(fmt.Errorf("%s: sending %s: %w", f.Name, d.Digest, err))
		}
	})
	return d, nil
}

// send stores a blob, unless it exists and is whole.
func (u *Upload) send(ctx context.Context, d ocispec.Descriptor, spooled *os.File) error {
	state, err := u.look(ctx, d)
	if err != nil || state == sound {
		u.repo.store.drop(spooled)
		return err
	}
	if err := u.repo.store.put(ctx, d, spooled); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.stats.Sent++
	u.stats.SentBytes += d.Size
	u.sent = append(u.sent, d)
	if state == damaged {
		u.stats.Mended++
		u.stats.Damaged = slices.DeleteFunc(u.stats.Damaged, func(s string) bool { return s == d.Digest.String() })
	}
	return nil
}

// pending marks groups of this push whose blob may still be on its way.
const pending = " pending"

// WriteFile adds a small file.
func (u *Upload) WriteFile(ctx context.Context, name string, b []byte) error {
	if err := flash.CheckFileName(name); err != nil {
		return fmt.Errorf("oci: %w", err)
	}
	ctx, u.cancel = context.WithCancelCause(ctx)
	defer u.cancel(nil)
	f := File{Output: flash.Output{Name: name, Image: bytesImage(b)}}
	u.total += int64(len(b))
	u.stats.Groups += len(cut(f))
	err := u.file(ctx, f)
	u.uploads.Wait()
	if err = errors.Join(err, context.Cause(ctx)); err != nil {
		return u.repo.fail(u.tag, err)
	}
	return nil
}

// Finish completes m with the results of Copy, sends the documents and, last, sets the tag. A
// push without an error can be pulled: Finish has read it back.
func (u *Upload) Finish(ctx context.Context, m *flash.Manifest) (Stats, error) {
	m.Fill(u.written)
	open, sealed, err := u.documents(m)
	if err != nil {
		return u.stats, u.repo.fail(u.tag, err)
	}
	if _, err := putBytes(ctx, u.repo.store, ocispec.MediaTypeEmptyJSON, ocispec.DescriptorEmptyJSON.Data); err != nil {
		return u.stats, u.repo.fail(u.tag, err)
	}
	documents := []ocispec.Descriptor{}
	for _, b := range append(open, sealed...) {
		d, err := putBytes(ctx, u.repo.store, b.mediaType, b.bytes)
		if err != nil {
			return u.stats, u.repo.fail(u.tag, err)
		}
		d.Annotations = map[string]string{ocispec.AnnotationTitle: b.title}
		documents = append(documents, d)
	}
	d, b, err := pack(m, u.stats.Bytes, u.opt.Now, append(documents, u.layers...))
	if err == nil {
		err = u.confirm(ctx, append(documents, ocispec.DescriptorEmptyJSON))
	}
	if err == nil {
		err = u.repo.store.setTag(ctx, u.tag, d, b, u.opt.Replace)
	}
	if err == nil {
		err = u.readBack(ctx, d, b)
	}
	if err != nil {
		return u.stats, u.repo.fail(u.tag, err)
	}
	return u.stats, nil
}
