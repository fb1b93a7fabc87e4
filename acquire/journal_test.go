package acquire

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

const sum1 = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

func ext(n ...int64) (out []flash.Extent) {
	for i := 0; i < len(n); i += 2 {
		out = append(out, flash.Extent{Offset: n[i], Length: n[i+1]})
	}
	return out
}

const exampleJournal = journalMagic + " EMMC_USER 0x10000\n" +
	"want 0x0 0x8000\n" +
	"want 0x8000 0x8000\n" +
	"+ 0x0 0x4000 " + sum1 + "\n" +
	"- 0x4000 0x1000\n" +
	"- 0x5000 0x1000\n" +
	"+ 0x8000 0x1000 " + sum1 + "\n" +
	"+ 0x4000 0x1000 " + sum1 + "\n" +
	"= 0x0 0x4000\n" +
	"sum 0x4000 0102\n"

func TestReadJournal(t *testing.T) {
	j, n, err := readJournal([]byte(exampleJournal))
	if err != nil || n != len(exampleJournal) {
		t.Fatal(n, err)
	}
	for what, c := range map[string]struct{ got, want []flash.Extent }{
		"want":   {j.want, ext(0, 0x10000)},
		"read":   {j.read, ext(0, 0x5000, 0x8000, 0x1000)},
		"bad":    {j.bad, ext(0x5000, 0x1000)},
		"twice":  {j.twice, ext(0, 0x4000)},
		"todo":   {j.todo(), ext(0x6000, 0x2000, 0x9000, 0x7000)},
		"unread": {j.unread(), ext(0x5000, 0x3000, 0x9000, 0x7000)},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	if j.region != flash.EMMCUser || j.size != 0x10000 || j.flatPos != 0x4000 || !bytes.Equal(j.flat, []byte{1, 2}) {
		t.Errorf("%+v", j)
	}
	// Half a chunk has no sum: it goes as a whole, and the flat sum of what is behind with it.
	j, _, _ = readJournal([]byte(exampleJournal + "? 0x1000 0x1000\n"))
	if !reflect.DeepEqual(j.read, ext(0x4000, 0x1000, 0x8000, 0x1000)) || j.twice != nil || j.flat != nil || len(j.chunks) != 2 {
		t.Errorf("after forgetting: %+v", j)
	}
	// The sidecar says the same in order of address.
	side, n, err := readJournal(j.compact())
	if err != nil || n != len(j.compact()) || side.chunks[0].Offset != 0x4000 || !reflect.DeepEqual(side.read, j.read) || !reflect.DeepEqual(side.bad, j.bad) {
		t.Errorf("the sidecar reads as %+v, %v", side, err)
	}
}

// Where the phone was lost is known until it is read; twice at one place puts it off.
func TestLossesInTheJournal(t *testing.T) {
	head := journalMagic + " EMMC_USER 0x1000000\nwant 0x0 0x1000000\n"
	for what, c := range map[string]struct {
		text         string
		lost, putOff []flash.Extent
	}{
		"once":                 {"! 0x400000 0x400000\n", ext(4<<20, 4<<20), nil},
		"and read":             {"! 0x0 0x4000\n+ 0x0 0x4000 " + sum1 + "\n", nil, nil},
		"and read in part":     {"! 0x0 0x4000\n! 0x0 0x4000\n+ 0x0 0x1000 " + sum1 + "\n", ext(0, 0x4000, 0, 0x4000), ext(0x1000, 0x3000)},
		"twice":                {"! 0x400000 0x400000\n! 0x400000 0x400000\n", ext(4<<20, 4<<20, 4<<20, 4<<20), ext(4<<20, 4<<20)},
		"in part":              {"! 0x400000 0x400000\n! 0x500000 0x300000\n", ext(4<<20, 4<<20, 5<<20, 3<<20), ext(5<<20, 3<<20)},
		"side by side":         {"! 0x0 0x400000\n! 0x400000 0x400000\n", ext(0, 4<<20, 4<<20, 4<<20), nil},
		"given up":             {"! 0x0 0x1000\n! 0x0 0x1000\n- 0x0 0x1000\n", ext(0, 0x1000, 0, 0x1000), nil},
		"and to be read again": {"! 0x0 0x1000\n! 0x0 0x1000\n- 0x0 0x1000\n? 0x0 0x1000\n", nil, nil},
		"in second readings":   {"+ 0x0 0x1000 " + sum1 + "\n! 0x0 0x1000\n! 0x0 0x1000\n", ext(0, 0x1000, 0, 0x1000), nil},
		"two chunks": {"! 0x0 0x400000\n! 0x400000 0x400000\n! 0x0 0x400000\n! 0x400000 0x400000\n",
			ext(0, 4<<20, 4<<20, 4<<20, 0, 4<<20, 4<<20, 4<<20), ext(0, 4<<20, 4<<20, 4<<20)},
	} {
		j, n, err := readJournal([]byte(head + c.text))
		if err != nil || n != len(head+c.text) {
			t.Fatalf("%s: %d, %v", what, n, err)
		}
		side, _, err := readJournal(j.compact())
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range []*journal{j, side} {
			if fmt.Sprint(j.lost) != fmt.Sprint(c.lost) || fmt.Sprint(j.putOff()) != fmt.Sprint(c.putOff) {
				t.Errorf("%s: lost at %v, put off %v", what, j.lost, j.putOff())
			}
		}
	}
}

// A line that was torn, or is none, ends what is believed.
func TestTornJournal(t *testing.T) {
	whole, _, _ := readJournal([]byte(exampleJournal))
	for cut := len(exampleJournal) - 1; cut > len(journalMagic)+20; cut-- {
		j, n, err := readJournal([]byte(exampleJournal[:cut]))
		if err != nil || n > cut || exampleJournal[n-1] != '\n' || strings.Contains(exampleJournal[n:cut], "\n") {
			t.Fatalf("cut at %d: believed %d, %v", cut, n, err)
		}
		if flash.Total(j.read) > flash.Total(whole.read) {
			t.Fatalf("cut at %d: read %v", cut, j.read)
		}
	}
	for _, bad := range []string{
		"+ 0x0 0x4000", "+ 0x0 0x4000 12\n", "+ 0x0 0x0 " + sum1 + "\n", "+ 0x0 0x20000 " + sum1 + "\n", "+ -1 1 " + sum1 + "\n",
		"want 0x0\n", "what 0x0 0x1\n", "- 0x0 0x1 0x2\n", "sum 0x20000 00\n", "sum 0x0 zz\n", "\x00\x00\x00\n", "\n",
	} {
		text := exampleJournal + bad
		j, n, err := readJournal([]byte(text + "- 0x0 0x1000\n"))
		if err != nil || n != len(exampleJournal) {
			t.Errorf("%q: %d bytes are believed, want %d; %v", bad, n, len(exampleJournal), err)
		}
		if !reflect.DeepEqual(j, whole) {
			t.Errorf("%q has left a trace: %+v", bad, j)
		}
	}
	for _, bad := range []string{"", journalMagic, journalMagic + " EMMC_USER\n", "other/1 EMMC_USER 0x1\n", journalMagic + " EMMC_USER x\n"} {
		var fe *flash.FormatError
		if _, _, err := readJournal([]byte(bad)); !errors.As(err, &fe) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Chunks that overlap go together, in whichever order they were read: what is left of
// the list and what counts as read are the same bytes.
func TestForgetOverlapping(t *testing.T) {
	head := journalMagic + " EMMC_USER 0x10000\n"
	for _, chunks := range []string{
		"+ 0x0 0x4000 " + sum1 + "\n+ 0x2000 0x4000 " + sum1 + "\n+ 0x5000 0x2000 " + sum1 + "\n",
		"+ 0x5000 0x2000 " + sum1 + "\n+ 0x2000 0x4000 " + sum1 + "\n+ 0x0 0x4000 " + sum1 + "\n",
	} {
		j, _, err := readJournal([]byte(head + chunks + "+ 0x8000 0x1000 " + sum1 + "\n? 0x0 0x1\n"))
		if err != nil || len(j.chunks) != 1 || fmt.Sprint(j.read) != fmt.Sprint(ext(0x8000, 0x1000)) {
			t.Errorf("%s: %d chunks, read %v; %v", chunks, len(j.chunks), j.read, err)
		}
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(exampleJournal))
	f.Add([]byte(exampleJournal + "? 0x0 0x1\n"))
	f.Add([]byte(exampleJournal + "! 0x6000 0x2000\n! 0x6000 0x2000\n! 0x6000 0x100\n+ 0x6100 0x100 " + sum1 + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		j, n, err := readJournal(b)
		if err != nil {
			return
		}
		if again, m, err := readJournal(b[:n]); err != nil || m != n || !reflect.DeepEqual(again, j) {
			t.Errorf("what is believed reads otherwise alone: %v", err)
		}
		whole := ext(0, j.size)
		if j.size > 0 && !reflect.DeepEqual(flash.Union(j.read, j.unread()), whole) {
			t.Errorf("read %v and unread %v are not all", j.read, j.unread())
		}
		if len(flash.Without(j.bad, j.unread())) > 0 {
			t.Errorf("bad %v was read", j.bad)
		}
		for _, e := range j.putOff() {
			if len(flash.Without([]flash.Extent{e}, j.todo())) > 0 || e.Length > chunkSize {
				t.Errorf("%v is put off, to be read are %v", e, j.todo())
			}
			if step, more := j.nextStep(e); more && (!e.Contains(step) || step.Length <= 0 || step.Length > coarseStep) {
				t.Errorf("of %v the next step is %v", e, step)
			}
		}
		side, _, err := readJournal(j.compact())
		if err != nil || fmt.Sprint(side.read, side.bad, side.want, side.twice, side.lost) != fmt.Sprint(j.read, j.bad, j.want, j.twice, j.lost) {
			t.Errorf("the sidecar of %s\nis %s: %v", b, j.compact(), err)
		}
	})
}
