package archive

import (
	"context"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// doubts reports what contradicts the record of an archive: the record itself, the dump's own table,
// and files that overlap and differ. Encrypted files are left out. The error is that of ctx.
func (a *Archive) doubts(ctx context.Context) (flash.Problems, error) {
	src, err := source.FromArchive(ctx, a.name(), a.Archive, source.Options{Lost: func(string, flash.Extent, error) {}})
	return doubtsOf(ctx, src, err)
}

// storeDoubts is doubts for a backup in a store.
func storeDoubts(ctx context.Context, name string, b *oci.Backup) (flash.Problems, error) {
	src, err := source.FromBackup(ctx, name, b)
	return doubtsOf(ctx, src, err)
}

// folderDoubts is doubts for a parts folder that was written.
func folderDoubts(ctx context.Context, dir string) (flash.Problems, error) {
	src, err := source.Open(ctx, dir, source.Options{})
	return doubtsOf(ctx, src, err)
}

// doubtsOf closes the source. Err is the error of opening it: what cannot be opened as a dump has
// nothing to compare, and whoever reads it says why.
func doubtsOf(ctx context.Context, src *source.Source, err error) (flash.Problems, error) {
	if err != nil {
		return nil, ctx.Err()
	}
	defer src.Close()
	found, err := dump.Doubts(ctx, src)
	return flash.AtLeast(flash.Error, found), err
}
