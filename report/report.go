package report

import "github.com/mtkkit/mtkkit/flash"

// Schema is the version of the report's shape as JSON.
const Schema = "mtkkit.blocks/2"

// Report is what is known of a dump. Its JSON is the machine's form of it, Text and
// HTML are the people's.
type Report struct {
	Schema     string          `json:"schema"`
	Tool       string          `json:"tool"`
	File       string          `json:"file"`    // name of the dump, without its folder
	Sampled    bool            `json:"sampled"` // Fill is estimated from spots
	Phone      Phone           `json:"phone"`
	Missing    []Missing       `json:"missing"`   // what is still to be read from the phone
	Conflicts  []Conflict      `json:"conflicts"` // witnesses that contradict each other
	Regions    []Region        `json:"regions"`
	Rows       []Row           `json:"rows"` // by region, then address
	Preloaders []Preloader     `json:"preloaders"`
	Logo       *Logo           `json:"logo,omitempty"`
	Problems   []flash.Problem `json:"problems"` // all of them, the rows' own too
}

// Fact is a finding with its source; an empty Value is "unknown".
type Fact struct {
	Value string `json:"value"`
	From  string `json:"from,omitempty"`
}

// Phone is what this phone is.
type Phone struct {
	Chip       Fact             `json:"chip"`
	Project    Fact             `json:"project"`
	Storage    flash.Storage    `json:"storage"`
	Generation flash.Generation `json:"generation"`
	Witness    flash.Witness    `json:"witness"` // where the rows come from
	Have       int64            `json:"have"`    // bytes of the user region at hand
	DeviceSize int64            `json:"device_size,omitempty"`
	AtLeast    int64            `json:"device_at_least,omitempty"`
	Complete   bool             `json:"complete"` // the user region is, and that is provable
	Build      []Fact           `json:"build"`    // what its software says about itself
}

// Missing is a stretch to read from the phone. A Length of 0 is the whole region, of
// a size that the dump cannot tell.
type Missing struct {
	Region flash.Region `json:"region"`
	flash.Extent
}

// Conflict is one point in which two witnesses disagree.
type Conflict struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Region is an area of the flash, at hand or known to exist.
type Region struct {
	Name flash.Region `json:"region"`
	File string       `json:"file,omitempty"` // "" when it is not at hand
	Have int64        `json:"have"`           // bytes at hand
	Size int64        `json:"size"`           // bytes as far as known, at least Have; 0 unknown
}

// Row is a partition, or a stretch that is none.
type Row struct {
	Kind      flash.Kind      `json:"kind"` // a partition, gap, region or preloader
	Name      string          `json:"name"` // data from a stranger
	Class     Class           `json:"class"`
	Region    flash.Region    `json:"region"`
	Scatter   *int64          `json:"scatter_address,omitempty"` // as scatter files count, nil unknown
	Start     int64           `json:"offset"`                    // in the region; flash.Unplaced when only the end is known
	Length    int64           `json:"length"`
	Present   int64           `json:"present"` // bytes of it at hand
	File      string          `json:"file,omitempty"`
	Operation string          `json:"operation,omitempty"`
	Type      string          `json:"type,omitempty"`
	Witness   flash.Witness   `json:"witness,omitempty"`
	Guess     string          `json:"guess,omitempty"`   // names that its content gives, where no table has one
	Unnamed   bool            `json:"unnamed,omitempty"` // no table says what it holds, and it is not blank
	Content   *Content        `json:"content,omitempty"` // nil when nothing of it is at hand
	Fill      Fill            `json:"fill"`
	SHA256    string          `json:"sha256,omitempty"`
	Problems  []flash.Problem `json:"problems,omitempty"`
}

// Placed reports whether the row has an address.
func (r *Row) Placed() bool { return r.Start != flash.Unplaced }

// End returns the offset of the first byte after the row.
func (r *Row) End() int64 { return r.Start + r.Length }

// told are the problems worth a line below the row. That nothing of it is at hand
// shows in the row itself.
func (r *Row) told() []flash.Problem {
	var out []flash.Problem
	for _, p := range r.Problems {
		if p.Severity > flash.Note && (r.Present > 0 || !r.Placed()) {
			out = append(out, p)
		}
	}
	return out
}

// Content is what stands at a row's start.
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
	File        string       `json:"file"` // what flash tools call it
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
	Tail        string       `json:"tail"`      // what follows the file
}

// Logo is the boot logo's row.
type Logo struct {
	Row      string    `json:"row"`
	Count    int       `json:"count"` // pictures it states
	Pictures []Picture `json:"pictures"`
	Note     string    `json:"note,omitempty"` // why not all are shown
}

// Picture is one picture of a logo. Equal pictures are listed once.
type Picture struct {
	Index  int    `json:"index"`
	Also   []int  `json:"also,omitempty"` // other places of the same picture
	Bytes  int64  `json:"size"`           // of pixels
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Format string `json:"format"` // "BGRA", "RGB565"
	Sure   bool   `json:"sure"`   // width and format follow from a known screen
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
