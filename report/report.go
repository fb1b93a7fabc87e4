package report

import "github.com/mtkkit/mtkkit/flash"

// Schema is the version of the report as JSON.
const Schema = "mtkkit.blocks/2"

// Report has all facts about a dump. Its JSON is for programs; Text and HTML are for people.
type Report struct {
	Schema     string          `json:"schema"`
	Tool       string          `json:"tool"`
	File       string          `json:"file"`    // name of the dump, without its folder
	Sampled    bool            `json:"sampled"` // Fill is estimated from samples
	Phone      Identity        `json:"phone"`
	Missing    []Missing       `json:"missing"`   // ranges that are still to be read from the phone
	Conflicts  []Conflict      `json:"conflicts"` // witnesses that contradict each other
	Regions    []Region        `json:"regions"`
	Rows       []Row           `json:"rows"` // by region, then address
	Preloaders []Preloader     `json:"preloaders"`
	Logo       *Logo           `json:"logo,omitempty"`
	Problems   []flash.Problem `json:"problems"` // all problems, those of the rows included
}

// Fact is a value with its source; an empty Value means unknown.
type Fact struct {
	Value string `json:"value"`
	From  string `json:"from,omitempty"`
}

// Identity has the facts about the phone.
type Identity struct {
	Chip       Fact             `json:"chip"`
	Project    Fact             `json:"project"`
	Storage    flash.Storage    `json:"storage"`
	Generation flash.Generation `json:"generation"`
	Witness    flash.Witness    `json:"witness"` // source of the rows
	Have       int64            `json:"have"`    // bytes of the user region in the dump
	DeviceSize int64            `json:"device_size,omitempty"`
	AtLeast    int64            `json:"device_at_least,omitempty"`
	Complete   bool             `json:"complete"`             // it is proven that the dump has all of the user region
	Unfinished bool             `json:"unfinished,omitempty"` // the dump was never finished, or is being written
	Build      []Fact           `json:"build"`                // facts from its software
}

// Missing is a range to read from the phone. A Length of 0 means the whole region, of unknown size.
type Missing struct {
	Region flash.Region `json:"region"`
	flash.Extent
}

// Conflict is one point in which two witnesses disagree.
type Conflict struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Region is a region of the flash that is in the dump or known to exist.
type Region struct {
	Name flash.Region `json:"region"`
	File string       `json:"file,omitempty"` // "" if it is not in the dump
	Have int64        `json:"have"`           // bytes in the dump
	Size int64        `json:"size"`           // known size in bytes, at least Have; 0 unknown
}

// Row is a partition, or a range that is not a partition.
type Row struct {
	Kind      flash.Kind      `json:"kind"` // a partition, gap, region or preloader
	Name      string          `json:"name"` // untrusted
	Class     Class           `json:"class"`
	Region    flash.Region    `json:"region"`
	Scatter   *int64          `json:"scatter_address,omitempty"` // address as in scatter files, nil if unknown
	Start     int64           `json:"offset"`                    // in the region; flash.Unplaced if only the end is known
	Length    int64           `json:"length"`
	Present   int64           `json:"present"` // bytes of it in the dump
	File      string          `json:"file,omitempty"`
	Operation string          `json:"operation,omitempty"`
	Type      string          `json:"type,omitempty"`
	Witness   flash.Witness   `json:"witness,omitempty"`
	Guess     string          `json:"guess,omitempty"`   // names from its content, if no table has one
	Unnamed   bool            `json:"unnamed,omitempty"` // no table names it, and it is not blank
	Content   *Content        `json:"content,omitempty"` // nil if the dump has no bytes of it
	Fill      Fill            `json:"fill"`
	SHA256    string          `json:"sha256,omitempty"`
	Problems  []flash.Problem `json:"problems,omitempty"`
}

// Placed reports whether the row has an offset.
func (r *Row) Placed() bool { return r.Start != flash.Unplaced }

// End returns the offset of the first byte after the row.
func (r *Row) End() int64 { return r.Start + r.Length }

// told returns the problems that are shown below the row. A row without any bytes shows this
// itself.
func (r *Row) told() []flash.Problem {
	var out []flash.Problem
	for _, p := range r.Problems {
		if p.Severity > flash.Note && (r.Present > 0 || !r.Placed()) {
			out = append(out, p)
		}
	}
	return out
}

// Content is the content at a row's start.
type Content struct {
	Kind    string `json:"kind"`
	Label   string `json:"label,omitempty"`
	Verdict string `json:"verdict"`          // "confirmed", "neutral" or "contradicted" by the row's name
	Length  int64  `json:"length,omitempty"` // true length in bytes, 0 unknown
}

// Preloader is the card of one preloader file.
type Preloader struct {
	Region      flash.Region `json:"region"`
	Source      string       `json:"source"`
	File        string       `json:"file"` // name of the file for flash tools
	Medium      string       `json:"medium"`
	Kind        string       `json:"kind"`
	Extent      flash.Extent `json:"extent"`
	LoadAddress uint32       `json:"load_address"`
	Signature   uint8        `json:"signature_type"`
	Proof       string       `json:"proof"` // "proven", "failed", "unproven" (nothing to compare with)
	Where       string       `json:"proof_where"`
	Digest      string       `json:"digest,omitempty"`
	Chip        string       `json:"chip,omitempty"`
	Confidence  string       `json:"chip_confidence,omitempty"`
	Board       string       `json:"board,omitempty"`
	Version     string       `json:"version,omitempty"` // of the block that names the board
	BuildTime   string       `json:"build_time,omitempty"`
	Branch      string       `json:"branch,omitempty"`
	EMI         uint32       `json:"emi_count"` // DRAM settings
	Tail        string       `json:"tail"`      // the bytes behind the file
}

// Logo has the pictures of the boot logo.
type Logo struct {
	Row      string    `json:"row"`
	Count    int       `json:"count"` // number of pictures by its header
	Pictures []Picture `json:"pictures"`
	Note     string    `json:"note,omitempty"` // why not all are shown
}

// Picture is one picture of a logo. Equal pictures are listed once.
type Picture struct {
	Index  int    `json:"index"`
	Also   []int  `json:"also,omitempty"` // indexes of equal pictures
	Bytes  int64  `json:"size"`           // of pixels
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Format string `json:"format"` // "BGRA", "RGB565"
	Sure   bool   `json:"sure"`   // width and format are those of a known screen
	PNG    []byte `json:"png,omitempty"`
}

// General returns the problems that belong to no row.
func (r *Report) General() []flash.Problem {
	own := map[flash.Problem]bool{}
	for _, row := range r.Rows {
		for _, p := range row.Problems {
			own[p] = true
		}
	}
	var out []flash.Problem
	for _, p := range r.Problems {
		if !own[p] {
			out = append(out, p)
		}
	}
	return out
}
