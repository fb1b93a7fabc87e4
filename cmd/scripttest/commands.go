package scripttest

import (
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// makers are the made phones.
var makers = map[string]func() *imgtest.Phone{
	"mt6572": imgtest.MT6572, "mt6592": imgtest.MT6592, "mt6765": imgtest.MT6765, "mt6893": imgtest.MT6893,
	"small-mt6572": imgtest.SmallMT6572, "small-mt6592": imgtest.SmallMT6592, "small-mt6765": imgtest.SmallMT6765, "small-mt6893": imgtest.SmallMT6893,
}

// phone implements "phone NAME DIR": it writes the dump of a made phone: ROM_1, BOOT_1, BOOT_2 and the
// scatter file.
func phone(ts *testscript.TestScript, neg bool, args []string) {
	writePhone(ts, args, (*imgtest.Phone).WriteDump)
}

// firmware implements "firmware NAME DIR": it writes the package of the phone's maker: scatter file and
// images.
func firmware(ts *testscript.TestScript, neg bool, args []string) {
	writePhone(ts, args, (*imgtest.Phone).WriteFirmware)
}

func writePhone(ts *testscript.TestScript, args []string, write func(*imgtest.Phone, string) error) {
	if len(args) != 2 || makers[args[0]] == nil {
		ts.Fatalf("usage: phone NAME DIR, firmware NAME DIR")
	}
	ts.Check(os.MkdirAll(ts.MkAbs(args[1]), 0o777))
	ts.Check(write(makers[args[0]](), ts.MkAbs(args[1])))
}

// agents implements "agents FILE ID CODE…": it writes a file of stand-ins for Download Agents, for chips with
// these codes.
func agents(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: agents FILE ID CODE...")
	}
	var list []acquiretest.Agent
	for _, code := range args[2:] {
		list = append(list, acquiretest.Agent{Code: uint16(number(ts, code)), HWVersion: 0xca00})
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), acquiretest.Container(args[1], list...), 0o666))
}

// edit opens a file of the script for writing.
func edit(ts *testscript.TestScript, name string) *os.File {
	f, err := os.OpenFile(ts.MkAbs(name), os.O_RDWR, 0)
	ts.Check(err)
	return f
}

func number(ts *testscript.TestScript, s string) int64 {
	n, err := flash.ParseSize(s)
	ts.Check(err)
	return n
}

// zero implements "zero FILE OFFSET LENGTH": it overwrites bytes with zeros. A negative offset counts
// from the end.
func zero(ts *testscript.TestScript, neg bool, args []string) {
	f := edit(ts, args[0])
	defer f.Close()
	_, err := f.WriteAt(make([]byte, number(ts, args[2])), offsetIn(ts, f, args[1]))
	ts.Check(err)
}

// poke implements "poke FILE OFFSET HEX": it overwrites bytes.
func poke(ts *testscript.TestScript, neg bool, args []string) {
	f := edit(ts, args[0])
	defer f.Close()
	b, err := hex.DecodeString(args[2])
	ts.Check(err)
	_, err = f.WriteAt(b, offsetIn(ts, f, args[1]))
	ts.Check(err)
}

// put implements "put FILE OFFSET SOURCE": it copies SOURCE into FILE.
func put(ts *testscript.TestScript, neg bool, args []string) {
	f := edit(ts, args[0])
	defer f.Close()
	b, err := os.ReadFile(ts.MkAbs(args[2]))
	ts.Check(err)
	_, err = f.WriteAt(b, offsetIn(ts, f, args[1]))
	ts.Check(err)
}

func offsetIn(ts *testscript.TestScript, f *os.File, s string) int64 {
	if back, ok := strings.CutPrefix(s, "-"); ok {
		st, err := f.Stat()
		ts.Check(err)
		return st.Size() - number(ts, back)
	}
	return number(ts, s)
}

// cut implements "cut FILE SIZE": it cuts a file, or extends it with zeros.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.Truncate(ts.MkAbs(args[0]), number(ts, args[1])))
}

// same implements "same A B [OFFSET]": it compares A with B, or with as many bytes of B from OFFSET on.
func same(ts *testscript.TestScript, neg bool, args []string) {
	at := int64(0)
	if len(args) > 2 {
		at = number(ts, args[2])
	}
	err := sameFrom(ts.MkAbs(args[0]), ts.MkAbs(args[1]), at, len(args) > 2)
	if !errors.Is(err, ErrDiffer) {
		ts.Check(err)
	}
	if neg == (err == nil) {
		ts.Fatalf("%s and %s: same is %v", args[0], args[1], err == nil)
	}
}

// copyDump implements "copy FILE NEW": it copies a large file with its holes.
func copyDump(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(CopyHoled(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

// linear implements "linear OUT BASE BOOT1 BOOT2 USER": it writes one file with the boot regions at its
// start and the user area at BASE.
func linear(ts *testscript.TestScript, neg bool, args []string) {
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer out.Close()
	put := func(name string, at int64) int64 {
		f := edit(ts, name)
		defer f.Close()
		_, err := out.Seek(at, io.SeekStart)
		ts.Check(err)
		n, err := io.Copy(out, f)
		ts.Check(err)
		return n
	}
	n := put(args[2], 0)
	put(args[3], n)
	put(args[4], number(ts, args[1]))
}
