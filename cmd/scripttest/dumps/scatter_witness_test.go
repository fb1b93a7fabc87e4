package dumps

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/scatter"
)

// The witnesses: phones of which both the GPT and the vendor's scatter file are known.
// What a file made from the GPT alone has differently stands in testdata/golden, with
// the reason.
var witnesses = []struct {
	name, gpt, scatter string
	storage            flash.Storage
	size               int64 // of the user area where the GPT is a template: a usual one
	preloader          int64 // length of the flashable file, 0 unknown
}{
	{"lg-k310im", "lg-k310im-mt6762/pgpt.bin", "lg-k310im-mt6762/MT6765_Android_scatter.txt", flash.EMMC, 0, 0x3EF68},
	{"leagoo-m11", "leagoo-m11-mt6739/PGPT", "leagoo-m11-mt6739/MT6739_Android_scatter.txt", flash.EMMC, 0x1D2000000, 117004},
	{"vivo-pd2135f-emmc", "vivo-pd2135f-mt6891/PGPT_EMMC", "vivo-pd2135f-mt6891/MT6893_Android_scatter.txt", flash.EMMC, 0x1D1F000000, 445828},
	{"vivo-pd2135f-ufs", "vivo-pd2135f-mt6891/PGPT_UFS", "vivo-pd2135f-mt6891/MT6893_Android_scatter.txt", flash.UFS, 0x1DCB000000, 445828},
}

func TestCorpusCreate(t *testing.T) {
	for _, w := range witnesses {
		t.Run(w.name, func(t *testing.T) {
			vendor, err := scatter.Parse(witness(t, w.scatter))
			if err != nil {
				t.Fatal(err)
			}
			vendor = vendor.Select(w.storage)
			img := strings.NewReader(string(witness(t, w.gpt)))
			g, err := gpt.Read(img)
			if err != nil {
				t.Fatal(err)
			}
			facts := scatter.CreateOptions{Platform: vendor.Info.Platform, Project: vendor.Info.Project, Storage: w.storage, DeviceSize: w.size, Preloader: w.preloader}
			if g.Best().Template {
				facts.BackupSize = int64(g.Best().AlternateLBA) * g.SectorSize
			}
			size := w.size
			if size == 0 {
				size = g.DeviceSize()
			}
			made := scatter.Create(g.Table(w.storage.User()), facts)
			file := scatter.Build(made.Spec)
			if fs := scatter.Check(file, scatter.CheckOptions{UserSize: size}); worst(fs) > flash.Note {
				t.Errorf("what is made does not pass its own check: %+v", fs)
			}
			got := compareTables(file.Table(size), vendor.Table(size))
			goldenLines(t, "create-"+w.name+".txt", got)
		})
	}
}

func worst(fs []scatter.Finding) flash.Severity {
	s := flash.Note
	for _, f := range fs {
		s = max(s, f.Severity)
	}
	return s
}

// compareTables lists in which rows two tables differ: names, order, region, address,
// size, and what a flash tool is told.
func compareTables(made, vendor *flash.Table) []string {
	var out []string
	seen := map[string]bool{}
	last := -1
	for _, v := range vendor.Partitions {
		seen[v.Name] = true
		m := made.Find(v.Name)
		if m == nil {
			out = append(out, "missing "+v.Name)
			continue
		}
		if m.Index < last {
			out = append(out, "order "+v.Name)
		}
		last = m.Index
		differ := func(what string, a, b any) {
			if a != b {
				out = append(out, fmt.Sprintf("%s %s: %v, vendor %v", v.Name, what, a, b))
			}
		}
		differ("offset", fmt.Sprintf("0x%x", m.Offset), fmt.Sprintf("0x%x", v.Offset))
		differ("size", fmt.Sprintf("0x%x", m.Length), fmt.Sprintf("0x%x", v.Length))
		differ("region", m.Region, v.Region)
		differ("reserved", m.Reserved, v.Reserved)
		differ("type", m.Type, v.Type)
		differ("operation", m.Operation, v.Operation)
		differ("file", m.File, v.File)
		differ("download", m.Download, v.Download)
	}
	for _, m := range made.Partitions {
		if !seen[m.Name] {
			out = append(out, "not in the vendor's: "+m.Name)
		}
	}
	return out
}

// goldenLines compares with stored lines; lines that begin with # say why and are not
// compared. MTKKIT_UPDATE=1 stores them anew, without the reasons.
func goldenLines(t *testing.T, name string, got []string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if os.Getenv("MTKKIT_UPDATE") != "" {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(strings.Join(got, "\n")+"\n"), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for l := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n") {
		if !strings.HasPrefix(l, "#") {
			want = append(want, l)
		}
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("differences\n%s\nwant\n%s", g, w)
	}
}

// witness reads a sample.
func witness(t *testing.T, name string) []byte {
	t.Helper()
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS does not name the folder of real samples")
	}
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
