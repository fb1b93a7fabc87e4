package archive

import (
	"context"
	"errors"
	"time"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// CreateOptions say what is packed, into what, and who may read it. Path is enough.
type CreateOptions struct {
	Path   string       // dump, dump folder or parts folder
	Dump   *dump.Dump   // the dump at Path, opened already; nil to open it
	Open   dump.Options // how Path is opened
	Output string       // archive to write; "" for Path with .tar.zst, or what else it is
	Tool   string       // name and version of the program, for the record

	Wishes   plan.Wishes // which partitions
	Identity bool        // only what makes the phone this phone: IMEI, calibration, keys, locks
	Plain    bool        // with Identity: though anybody may read it
	Share    bool        // only what every phone of the model has
	OwnerKey string      // with Share: file with the key by which the owner knows the archive; made if need be

	Encrypt        []seal.Recipient // only they can read it; none: anybody
	EncryptPrivate []seal.Recipient // only they can read what is private in it

	Level   int       // compression, 1 to 19; 0: 1
	Zip     bool      // a zip archive: without holes and index
	Volume  int64     // largest file, bytes; 0: one file
	Parity  int       // percent of the archive's size in a sidecar beside it, 1 to 50; 0: none
	Replace bool      // replace an archive that is there
	Inputs  []string  // files that must never be written to, besides Path and what is opened
	Now     time.Time // date of the archive; zero: now

	Progress func(flash.Event) // nil for none
}

// Created is an archive that was made.
type Created struct {
	Output string          // as it was given, or its default
	Files  []string        // what was written: the archive, or its volumes
	Size   int64           // of these, bytes
	Record *flash.Manifest // what is in it; its problems are those of the dump
}

// Create packs a dump, or a finished parts folder as it is, into one archive.
func Create(ctx context.Context, opt CreateOptions) (*Created, error) {
	return nil, errors.ErrUnsupported
}
