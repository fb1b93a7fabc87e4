package oci

import (
	"encoding/json"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// document is a small layer that describes the others.
type document struct {
	mediaType, title string
	bytes            []byte
}

// documents returns the documents of the push: those in the clear, and those for readers with
// the key.
func (u *Upload) documents(m *flash.Manifest) (open, sealed []document, err error) {
	u.index.Schema, u.index.Chunk = indexSchema, chunkSize
	all, err := documentsOf(&u.index, m)
	if u.lock == nil || err != nil {
		return all, nil, err
	}
	sealed = []document{{MediaTypeKey, "key.txt" + sealedEnding, u.lock.key}}
	for _, b := range all {
		b.mediaType, b.title = b.mediaType+sealedType, b.title+sealedEnding
		if b.bytes, err = seal.Bytes(b.bytes, u.lock.to); err != nil {
			return nil, nil, err
		}
		sealed = append(sealed, b)
	}
	if u.opt.Everything {
		return nil, sealed, nil
	}
	private := map[string]bool{}
	for _, f := range u.index.Files {
		private[f.Name] = f.Sealed
	}
	open, err = documentsOf(u.index.open(), m.Public(func(file string) bool { return private[file] }))
	return open, sealed, err
}

func documentsOf(x *index, m *flash.Manifest) ([]document, error) {
	table, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	record, err := m.Encode()
	if err != nil {
		return nil, err
	}
	return []document{
		{MediaTypeIndex, "index.json", table},
		{MediaTypeManifest, flash.ManifestName, record},
		{MediaTypeText, flash.SumsName, flash.EncodeSums(m.Files)},
	}, nil
}
