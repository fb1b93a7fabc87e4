package flash

// FolderKind is the kind of folder, or archive, that a manifest describes.
type FolderKind string

// The values of FolderKind.
const (
	KindParts      FolderKind = "parts"     // output of split: the partitions and gaps of a dump
	KindDump       FolderKind = "dump"      // output of acquire: the regions of a phone
	KindArchive    FolderKind = "archive"   // a parts folder or a dump, packed into one file
	KindTables     FolderKind = "tables"    // repaired partition tables
	KindLogical    FolderKind = "logical"   // the logical partitions of a super image
	KindPreloaders FolderKind = "preloader" // flashable preloaders, cut out of boot regions
)

// Kind is the kind of an entry of a manifest.
type Kind string

// The values of Kind. The first three are the dump itself. The next four have the same bytes
// again. The last is one of the first three, encrypted.
const (
	KindPartition Kind = "partition" // a row of the table
	KindGap       Kind = "gap"       // a range between rows, which no table names
	KindRegion    Kind = "region"    // a whole region

	KindPreloader Kind = "preloader" // the flashable preloader of a boot region
	KindTrimmed   Kind = "trimmed"   // a partition's image, cut to its true length
	KindSparse    Kind = "sparse"    // a partition's image, or a piece of it, as an Android sparse file
	KindExcerpt   Kind = "excerpt"   // the first or last bytes of a partition that is skipped otherwise

	// KindSealed is the kind of an entry whose file is compressed and encrypted, in an archive
	// that is otherwise in the clear. Its bytes can only be read with the key.
	KindSealed Kind = "sealed"
)

// IsDump reports whether an entry of this kind is a part of the dump: these entries together are
// the dump. The files of all other kinds have the same bytes again, or are encrypted.
func (k Kind) IsDump() bool { return k == KindPartition || k == KindGap || k == KindRegion }
