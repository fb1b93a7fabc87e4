package capture

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// MaxSize is the largest text that is read, in bytes. Whole boot logs stay below it.
const MaxSize = 16 << 20

// The kinds of capture. They are also the Format of the table and the Witness of its
// rows.
const (
	KindDumchar    flash.Witness = "dumchar_info" // /proc/dumchar_info
	KindPrintGPT   flash.Witness = "printgpt"     // what mtkclient prints of a GPT
	KindLog        flash.Witness = "lk log"       // a boot loader's log on the serial line
	KindSource     flash.Witness = "PartInfo"     // partition_define.c of a kernel's source
	KindPartinfo   flash.Witness = "partinfo"     // /proc/partinfo
	KindEMMC       flash.Witness = "emmc"         // /proc/emmc
	KindMTD        flash.Witness = "mtd"          // /proc/mtd
	KindPartitions flash.Witness = "partitions"   // /proc/partitions, by-name links, or both
	KindGetvar     flash.Witness = "getvar"       // fastboot getvar all
	KindCSV        flash.Witness = "csv"          // a list with a header line
)

// Capture is what was understood of a text.
type Capture struct {
	Kind  flash.Witness // one of the kinds
	Table *flash.Table

	// Verified says that the capture itself states where every row begins and how
	// long it is, in a unit that is certain, and that no two rows overlap. Rows
	// counted from the end of the region need no place for that.
	Verified bool

	// Base is where the user area begins in linear addresses, in bytes: what stands
	// before it in the addresses of old scatter files. 0 when the capture does not
	// say.
	Base int64

	// Nodes gives the block device of each row of the table ("mmcblk0p5"), or "".
	Nodes []string

	// Others are other ways to read the text, likeliest first, where it does not say
	// whether a row lies behind the row before it or in it. Only what stands in a dump
	// tells.
	Others []*flash.Table
}

// kind is one shape of text.
type kind struct {
	name  flash.Witness
	hint  string            // what every row contains: cheaper to look for than row
	row   func(string) bool // whether a trimmed line is a whole row
	needs string            // what else the text must contain, or ""
	read  func(*reader)
}

// kinds lists the shapes. Where a text holds several, the first that occurs is read:
// those that state addresses come before those that do not.
var kinds = []kind{
	{KindDumchar, "/dev/", dumcharRow.MatchString, "", readDumchar},
	{KindPrintGPT, "Offset 0x", printgptRow.MatchString, "", readPrintGPT},
	{KindLog, "start_sect=", logRow.MatchString, "", readLog},
	{KindSource, `"`, sourceRow.MatchString, "PartInfo", readSource},
	{KindPartinfo, "part", partinfoRow.MatchString, "", readPartinfo},
	{KindPartinfo, "0x0", startSizeRow.MatchString, "Start", readStartSize},
	{KindEMMC, "emmc_p", emmcRow.MatchString, "", readEMMC},
	{KindMTD, "mtd", mtdRow.MatchString, "", readMTD},
	{KindPartitions, "", blocksRow.MatchString, "", readPartitions},
	{KindGetvar, "partition-size:", getvarRow.MatchString, "", readGetvar},
	{KindCSV, "", isListHead, "", readCSV},
}

// Sniff returns which kind of capture img is, "" when it is none that Read reads.
func Sniff(img flash.Image) flash.Witness {
	text, err := load(img)
	if err != nil {
		return ""
	}
	if k := detect(text); k != nil {
		return k.name
	}
	return ""
}

// Read reads a capture. The error is a *flash.FormatError, wrapping flash.ErrNotThis
// unless reading itself failed; there is none once a single row was recognised.
func Read(img flash.Image) (*Capture, error) { return ReadSectors(img, 0) }

// ReadSectors is Read for a caller who knows the size of the phone's sectors in bytes
// (512 on eMMC, 4096 on UFS). A boot loader's log counts in sectors without saying
// which; other kinds do not need it. 0 means unknown.
func ReadSectors(img flash.Image, sectorSize int64) (*Capture, error) {
	text, err := load(img)
	if err != nil {
		return nil, err
	}
	k := detect(text)
	if k == nil {
		return nil, notThis("no line is a row of a known kind")
	}
	r := &reader{text: text, sector: sectorSize,
		out: &Capture{Kind: k.name, Table: &flash.Table{Format: string(k.name)}}}
	if n := r.tooLong(); n > 0 {
		r.problem(flash.Warning, "", n, "longer than %d bytes and passed over, as any other such line", maxLine)
	}
	k.read(r)
	r.finish()
	return r.out, nil
}

// detect returns the first kind of which text holds a row, or nil.
func detect(text string) *kind {
	found := len(kinds)
	without := map[string]bool{} // what kinds need that the text does not have
	for _, s := range lines(text) {
		for i, k := range kinds[:found] {
			if without[k.needs] || !strings.Contains(s, k.hint) || !k.row(s) {
				continue
			}
			if strings.Contains(text, k.needs) {
				found = i
				break
			}
			without[k.needs] = true
		}
		if found == 0 {
			break
		}
	}
	if found == len(kinds) {
		return nil
	}
	return &kinds[found]
}

func notThis(text string, args ...any) error {
	return &flash.FormatError{Format: "capture", Offset: flash.NoOffset,
		Text: fmt.Sprintf(text, args...), Err: flash.ErrNotThis}
}
