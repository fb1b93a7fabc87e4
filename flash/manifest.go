package flash

import "strings"

// ManifestSchema is the version of the manifest. It changes only if a reader of the old version
// would misunderstand the new one.
const ManifestSchema = "mtkkit.manifest/1"

// ManifestName is the name of the manifest in every parts folder, dump folder and archive.
const ManifestName = "manifest.json"

// DraftName is the name of the draft of the manifest at the start of an archive: everything that
// is known before the files are packed, for an archive that is cut.
const DraftName = "draft.json"

// NoChip is the placeholder where a record must have a chip's name and it is unknown: in scatter
// files and their names.
const NoChip = "MT0000"

// KnownChip returns the name of a chip, or "" for the placeholder NoChip.
func KnownChip(name string) string {
	if strings.EqualFold(name, NoChip) {
		return ""
	}
	return name
}

// Manifest is the record of a parts folder, a dump folder or an archive. It is enough to make
// the dump again byte by byte without the original, and to prove it. The entries of a region
// cover all of it; if rows overlap, so do entries.
type Manifest struct {
	Schema   string           `json:"schema"`
	Tool     string           `json:"tool"`
	Kind     FolderKind       `json:"kind"`
	Created  string           `json:"created,omitempty"` // when the phone was read or the archive made, RFC 3339
	Chip     string           `json:"chip,omitempty"`
	Project  string           `json:"project,omitempty"`
	Storage  Storage          `json:"storage,omitempty"`
	Table    Witness          `json:"table,omitempty"` // the witness of the rows
	Draft    bool             `json:"draft,omitempty"` // written before the files: some have no hash, and files of zeros may be left out
	Complete bool             `json:"complete"`        // every known byte of the phone's regions is in the files
	Whole    bool             `json:"whole,omitempty"` // complete, except the private files that a public record leaves out
	Sources  []ManifestSource `json:"sources"`         // the dump's files, the main file first
	Entries  []ManifestEntry  `json:"entries"`
	Files    []ManifestFile   `json:"files"`           // all files that were written, for SHA256SUMS and the next run
	Phone    *ManifestPhone   `json:"phone,omitempty"` // of a dump read from a phone
	Problems []Problem        `json:"problems,omitempty"`
}

// ManifestPhone has what a phone reported about itself while it was read, and how it was read.
// Identifiers are in it only if the user wanted to keep them. IDs has them as HMACs with a key
// that stays in the dump folder, so that the phone can be recognised again.
type ManifestPhone struct {
	HWCode    string            `json:"hw_code,omitempty"` // "0x0766"
	HWSubCode string            `json:"hw_sub_code,omitempty"`
	HWVersion string            `json:"hw_version,omitempty"`
	SWVersion string            `json:"sw_version,omitempty"`
	Protocol  string            `json:"protocol,omitempty"` // "xflash", "legacy", "xml", "adb", "file"; "xflash+file": first one, then the other
	Agent     string            `json:"agent,omitempty"`    // the Download Agent's own name
	AgentSHA  string            `json:"agent_sha256,omitempty"`
	IDs       map[string]string `json:"ids,omitempty"`       // "me_id" → HMAC-SHA256, hex
	PlainIDs  map[string]string `json:"plain_ids,omitempty"` // the same in the clear, on request
}

// ManifestSource is one file of the original dump, with its region.
type ManifestSource struct {
	Name   string `json:"name"`
	Region Region `json:"region"`
	Offset int64  `json:"offset,omitempty"` // offset of the region's start in the file, which may have several regions; below 0 if the region's head is cut off
	Size   int64  `json:"size"`             // bytes from the region's offset 0 to the end of the file
	SHA256 string `json:"sha256,omitempty"` // of the whole region, only on request

	// Unread are the ranges that were not read, or could not be: they read as zeros, which have
	// no meaning. They are in order, without overlap, and include a head that is cut off (Offset
	// below 0).
	Unread []Extent `json:"unread,omitempty"`

	// Beyond are the ranges of the region behind Size, as far as its table proves them. They are
	// in order, without overlap.
	Beyond []Extent `json:"beyond,omitempty"`
}

// ManifestEntry is one range of a region. Its State says where the bytes are.
type ManifestEntry struct {
	Kind      Kind    `json:"kind"`
	Was       Kind    `json:"was,omitempty"` // kind of a sealed entry after decryption
	Name      string  `json:"name"`
	Region    Region  `json:"region"`
	Extent            // range by the table
	Present   int64   `json:"present"`        // bytes of it that the dump has
	File      string  `json:"file,omitempty"` // "" if no file was written
	Zero      bool    `json:"zero,omitempty"` // all present bytes are zero and there is no file
	Skipped   bool    `json:"skipped,omitempty"`
	SHA256    string  `json:"sha256,omitempty"`
	Witness   Witness `json:"witness,omitempty"`
	Operation string  `json:"operation,omitempty"`
	Type      string  `json:"type,omitempty"`

	Guess   string `json:"guess,omitempty"`   // names from its content, separated by spaces, if no table has a name for it
	Unnamed bool   `json:"unnamed,omitempty"` // no table names it, and it is not blank
}

// ManifestFile is one file that was written.
type ManifestFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256,omitempty"`
}
