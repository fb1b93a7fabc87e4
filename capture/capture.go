package capture

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// MaxSize is the largest text that is read, bytes. Whole boot logs are smaller.
const MaxSize = 16 << 20

// The kinds of capture. They are also the Format of the table and the Witness of its
// rows.
const (
	KindDumchar    flash.Witness = "dumchar_info" // /proc/dumchar_info
	KindPrintGPT   flash.Witness = "printgpt"     // mtkclient's output for a GPT
	KindLog        flash.Witness = "lk log"       // a boot loader's log on the serial line
	KindSource     flash.Witness = "PartInfo"     // partition_define.c of a kernel's source
	KindPartinfo   flash.Witness = "partinfo"     // /proc/partinfo
	KindEMMC       flash.Witness = "emmc"         // /proc/emmc
	KindMTD        flash.Witness = "mtd"          // /proc/mtd
	KindPartitions flash.Witness = "partitions"   // /proc/partitions, by-name links, or both
	KindGetvar     flash.Witness = "getvar"       // fastboot getvar all
	KindCSV        flash.Witness = "csv"          // a list with a header line
)

// Capture is the result of reading a text.
type Capture struct {
	Kind  flash.Witness // one of the kinds
	Table *flash.Table

	// Verified means that the capture states the offset and the size of every row in a certain
	// unit, and that no two rows overlap. Rows that are counted from the end of the region need no
	// offset for that.
	Verified bool

	// Base is the linear address of the user area, bytes: the size of the areas before it in the
	// addresses of old scatter files. It is 0 if the capture does not have it.
	Base int64

	// Nodes has the block device of each row of the table ("mmcblk0p5"), or "".
	Nodes []string

	// Others are other possible tables of the text, the most probable first, if it is unclear
	// whether a row is after the row before it or inside it. Only the content of a dump can decide.
	Others []*flash.Table
}

// kind is one form of text.
type kind struct {
	name  flash.Witness
	hint  string            // every row contains it; faster to check than row
	row   func(string) bool // whether a trimmed line is a whole row
	needs string            // another text that must occur, or ""
	read  func(*reader)
}

// kinds lists the forms. If a text has several, the first in this list is read: forms with offsets
// come before those without.
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

// Sniff returns the kind of capture of img, or "" if Read cannot read it.
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

// Read reads a capture. The error is a *flash.FormatError, which wraps flash.ErrNotThis unless
// reading failed. It is nil if at least one row was recognised.
func Read(img flash.Image) (*Capture, error) { return ReadSectors(img, 0) }

// ReadSectors is Read for a caller that knows the size of the phone's sectors, bytes (512 on eMMC,
// 4096 on UFS); 0 means unknown. A boot loader's log has numbers of sectors without their size;
// other kinds do not need it.
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
		r.problem(flash.Warning, "", n, "longer than %d bytes and skipped, like all other such lines", maxLine)
	}
	k.read(r)
	r.finish()
	return r.out, nil
}

// detect returns the first kind of which text has a row, or nil.
func detect(text string) *kind {
	found := len(kinds)
	without := map[string]bool{} // the needs of kinds that the text does not contain
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
