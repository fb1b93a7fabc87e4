package dumps

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// The scripts for sfdisk and sgdisk make the phone's table again: run on an empty
// image of the flash's size they leave a GPT with the same rows.
func TestScriptsOfOtherTools(t *testing.T) {
	dir := t.TempDir()
	if err := imgtest.MT6765().WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	dump := filepath.Join(dir, "ROM_1")
	want := gptRows(t, dump)
	size := fileSize(t, dump)
	for _, tool := range []string{"sfdisk", "sgdisk"} {
		t.Run(tool, func(t *testing.T) {
			bin, err := exec.LookPath(tool)
			if err != nil {
				t.Skipf("%s is not here: %v", tool, err)
			}
			var script, errs bytes.Buffer
			if code := commands.Run(context.Background(), []string{"mtkkit", "scatter", "convert", dump, "--to", tool}, screen.Streams{Out: &script, Err: &errs}, nil); code != words.ExitOK {
				t.Fatalf("exit %d: %s", code, &errs)
			}
			disk := filepath.Join(t.TempDir(), "disk")
			if err := os.WriteFile(disk, nil, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(disk, size); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(bin, "--quiet", "--no-reread", "--no-tell-kernel", disk)
			if tool == "sgdisk" {
				cmd = exec.Command("sh", "-s", disk)
			}
			cmd.Stdin = &script
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			got := gptRows(t, disk)
			if len(got) != len(want) {
				t.Errorf("%d rows, want %d", len(got), len(want))
			}
			for i := range min(len(got), len(want)) {
				g, w := got[i], want[i]
				if g.Name != w.Name || g.Extent != w.Extent || g.GUID != w.GUID || g.TypeGUID != w.TypeGUID {
					t.Errorf("row %d: %s %s %s, want %s %s %s", i, g.Name, g.Extent, g.GUID, w.Name, w.Extent, w.GUID)
				}
			}
		})
	}
}

func gptRows(t *testing.T, path string) []flash.Partition {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := gpt.Read(sized{f, fileSize(t, path)})
	if err != nil {
		t.Fatal(err)
	}
	return g.Table(flash.EMMCUser).Partitions
}

type sized struct {
	*os.File
	size int64
}

func (s sized) Size() int64 { return s.size }

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}
