package gpt

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	diskgpt "github.com/diskfs/go-diskfs/partition/gpt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// sgdisk runs the tool of that name on file and returns what it says.
func sgdisk(t *testing.T, file string, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("sgdisk")
	if err != nil {
		tool = "/usr/sbin/sgdisk" // not on every user's PATH
		if _, err := os.Stat(tool); err != nil {
			t.Skip("sgdisk is not installed")
		}
	}
	out, err := exec.Command(tool, append(args, file)...).CombinedOutput()
	if err != nil {
		t.Fatalf("sgdisk %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// sparseFile makes a file of so many zeros.
func sparseFile(t *testing.T, size int64) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "disk"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestSgdiskTable reads what sgdisk wrote.
func TestSgdiskTable(t *testing.T) {
	const size = gib31
	f := sparseFile(t, size)
	sgdisk(t, f.Name(), "-a", "1", "-n", "1:64:2111", "-c", "1:boot_para", "-u", "1:F57AD330-39C2-4488-9BB0-00CB43C9CCD4",
		"-n", "2:2112:4095", "-c", "2:proinfo", "-A", "2:set:2", "-t", "2:8300",
		"-n", "5:8192:0", "-c", "5:userdäta 📱", "-t", "5:EBD0A0A2-B9E5-4433-87C0-68B6B72699C7")
	g := read(t, flashtest.File(t, f.Name()))
	tab := g.Table(flash.EMMCUser)
	if len(tab.Problems) > 0 || tab.DeviceSize != size || tab.SectorSize != 512 || len(tab.Partitions) != 3 {
		t.Fatalf("%+v", tab)
	}
	p := tab.Partitions
	if p[0].Name != "boot_para" || p[0].GUID != "F57AD330-39C2-4488-9BB0-00CB43C9CCD4" || p[0].Extent != (flash.Extent{Offset: 0x8000, Length: 1 << 20}) {
		t.Errorf("row 0 %+v", p[0])
	}
	if p[1].Name != "proinfo" || p[1].Attributes != 4 || p[1].TypeGUID != "0FC63DAF-8483-4772-8E79-3D69D8477DE4" || p[1].Offset != 2112*512 {
		t.Errorf("row 1 %+v", p[1])
	}
	if p[2].Name != "userdäta 📱" || p[2].Index != 4 || p[2].End() != g.Usable().End() {
		t.Errorf("row 2 %+v, usable %v", p[2], g.Usable())
	}
	r := repair(t, flashtest.File(t, f.Name()))
	onFile(t, f, 0, r.Primary)
	onFile(t, f, r.BackupOffset, r.Backup)
}

// onFile checks that the file has exactly these bytes at off.
func onFile(t *testing.T, f *os.File, off int64, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, off); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("repair of a sound table changes it at 0x%x", off)
	}
}

// TestSgdiskAccepts lets sgdisk verify what Repair makes of damaged tables.
func TestSgdiskAccepts(t *testing.T) {
	v := phone(512, gib31)
	for name, hurt := range map[string]func(d *sparseDisk){
		"start lost":     func(d *sparseDisk) { d.zero(0, 64<<10) },
		"end cut":        func(d *sparseDisk) { d.size = 8 << 30 },
		"header damaged": func(d *sparseDisk) { d.put(512+0x30, 0x41, 0, 0, 0); d.zero(v.tailOffset(), 33*512) },
	} {
		t.Run(name, func(t *testing.T) {
			d := v.disk()
			hurt(d)
			r := repair(t, d)
			f := sparseFile(t, r.DeviceSize)
			for _, w := range []struct {
				off  int64
				data []byte
			}{{0, r.Primary}, {r.BackupOffset, r.Backup}} {
				if _, err := f.WriteAt(w.data, w.off); err != nil {
					t.Fatal(err)
				}
			}
			if out := sgdisk(t, f.Name(), "-v"); !strings.Contains(out, "No problems found") {
				t.Errorf("sgdisk says:\n%s", out)
			}
			out := sgdisk(t, f.Name(), "-p")
			for i, row := range v.rows {
				if want := fmt.Sprintf("%d %d %d", i+1, row.first, row.last); !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
					t.Errorf("sgdisk does not list %q:\n%s", want, out)
				}
			}
		})
	}
}

// TestSecondOpinion holds our rows against those of go-diskfs, which reads strictly.
func TestSecondOpinion(t *testing.T) {
	for _, sector := range sectorSizes {
		for _, hurt := range []func(v vector, d *sparseDisk){
			func(v vector, d *sparseDisk) {},
			func(v vector, d *sparseDisk) { d.zero(0, 64<<10) },
		} {
			v := phone(sector, gib31)
			d := v.disk()
			hurt(v, d)
			ours := read(t, d).Best()
			for name, disk := range map[string]*sparseDisk{"dump": d, "repaired": repair(t, d).onto()} {
				theirs, err := diskgpt.Read(disk, int(sector), int(sector))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if len(theirs.Partitions) != len(ours.Entries) {
					t.Fatalf("%s: %d rows, go-diskfs has %d", name, len(ours.Entries), len(theirs.Partitions))
				}
				for i, e := range ours.Entries {
					p := theirs.Partitions[i]
					if p.Index != e.Index+1 || p.Start != e.FirstLBA || p.End != e.LastLBA || p.Name != e.Name ||
						p.GUID != e.GUID.String() || string(p.Type) != e.TypeGUID.String() || p.Attributes != e.Attributes {
						t.Errorf("%s: row %d is %+v, go-diskfs has %+v", name, i, e, p)
					}
				}
				if name == "repaired" && theirs.RecoveredFromBackup {
					t.Error("the repaired primary was not accepted")
				}
			}
		}
	}
}
