package flash

import "strings"

// ManifestSchema is the version of the manifest's shape; it changes only when a
// reader of the old shape would be misled.
const ManifestSchema = "mtkkit.manifest/1"

// ManifestName is the file every parts folder, dump folder and archive carries.
const ManifestName = "manifest.json"

// NoChip stands where a record must have a chip's name and nobody knows it: scatter files,
// and their names. It is no chip.
const NoChip = "MT0000"

// KnownChip returns the name of a chip, "" for the placeholder of one that is not known.
func KnownChip(name string) string {
	if strings.EqualFold(name, NoChip) {
		return ""
	}
	return name
}

// Manifest is the record of a parts folder, a dump folder or an archive: enough to rebuild
// the dump to the byte without the original, and to prove it. The entries of one
// region cover all of it; where rows overlap, entries do.
type Manifest struct {
	Schema   string           `json:"schema"`
	Tool     string           `json:"tool"`
	Kind     FolderKind       `json:"kind"`
	Created  string           `json:"created,omitempty"` // when the phone was read or the archive made, RFC 3339
	Chip     string           `json:"chip,omitempty"`
	Project  string           `json:"project,omitempty"`
	Storage  Storage          `json:"storage,omitempty"`
	Table    Witness          `json:"table,omitempty"` // which witness the rows come from
	Complete bool             `json:"complete"`        // every byte of the phone's regions is in here, as far as is known
	Whole    bool             `json:"whole,omitempty"` // complete, but for the private files that a public record leaves out
	Sources  []ManifestSource `json:"sources"`         // the dump's files, main one first
	Entries  []ManifestEntry  `json:"entries"`
	Files    []ManifestFile   `json:"files"`           // everything written, for SHA256SUMS and the next run
	Phone    *ManifestPhone   `json:"phone,omitempty"` // of a dump read from a phone
	Problems []Problem        `json:"problems,omitempty"`
}

// ManifestPhone is what a phone said of itself while it was read, and with what it was
// read. Identifiers stand in it only when the user asked to keep them; IDs holds them
// as HMACs under a key that stays in the dump folder, enough to know the phone again.
type ManifestPhone struct {
	HWCode    string            `json:"hw_code,omitempty"` // "0x0766"
	HWSubCode string            `json:"hw_sub_code,omitempty"`
	HWVersion string            `json:"hw_version,omitempty"`
	SWVersion string            `json:"sw_version,omitempty"`
	Protocol  string            `json:"protocol,omitempty"` // "xflash", "legacy", "xml", "adb", "file"; "xflash+file": one after the other
	Agent     string            `json:"agent,omitempty"`    // the Download Agent's name for itself
	AgentSHA  string            `json:"agent_sha256,omitempty"`
	IDs       map[string]string `json:"ids,omitempty"`       // "me_id" → HMAC-SHA256, hex
	PlainIDs  map[string]string `json:"plain_ids,omitempty"` // the same in clear, on request
}

// ManifestSource is one file of the original dump and the region it is a copy of.
type ManifestSource struct {
	Name   string `json:"name"`
	Region Region `json:"region"`
	Offset int64  `json:"offset,omitempty"` // where in the file the region begins: one file may hold several; below 0 when its head is cut off
	Size   int64  `json:"size"`             // bytes from the region's address 0 to where the file ends
	SHA256 string `json:"sha256,omitempty"` // of the whole, only when asked for

	// Unread are the ranges that were never read, or could not be: they read as
	// zeros and are none. In order, without overlap.
	// A head that is cut off (Offset below 0) is among them.
	Unread []Extent `json:"unread,omitempty"`

	// Beyond is what the region has behind Size, as far as its table proves it. In order,
	// without overlap.
	Beyond []Extent `json:"beyond,omitempty"`
}

// ManifestEntry is one range of a region. Its State says where the bytes are.
type ManifestEntry struct {
	Kind      Kind    `json:"kind"`
	Was       Kind    `json:"was,omitempty"` // of a sealed entry: its kind for who opens it
	Name      string  `json:"name"`
	Region    Region  `json:"region"`
	Extent            // what the table says
	Present   int64   `json:"present"`        // bytes of it that the dump holds
	File      string  `json:"file,omitempty"` // "" when nothing was written
	Zero      bool    `json:"zero,omitempty"` // all present bytes are zero and there is no file
	Skipped   bool    `json:"skipped,omitempty"`
	SHA256    string  `json:"sha256,omitempty"`
	Witness   Witness `json:"witness,omitempty"`
	Operation string  `json:"operation,omitempty"`
	Type      string  `json:"type,omitempty"`

	Guess   string `json:"guess,omitempty"`   // what its content calls itself, where no table has a name for it: names with spaces between
	Unnamed bool   `json:"unnamed,omitempty"` // no table says what it holds, and it is not blank
}

// ManifestFile is one file that the run wrote.
type ManifestFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256,omitempty"`
}
