package ebr

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// An image that sfdisk partitions the way DOS does must read to the rows sfdisk
// itself prints, under the numbers of its device nodes.
func TestAgainstSfdisk(t *testing.T) {
	sfdisk, err := exec.LookPath("sfdisk")
	if err != nil {
		t.Skip("sfdisk is not installed: no second opinion on DOS chains")
	}
	layouts := map[string]string{
		"link second": "label: dos\nsize=2M,type=83\ntype=5,size=20M\nsize=1M,type=c\n" +
			"size=3M,type=83\nsize=2M,type=83\nsize=1M,type=82\nsize=4M,type=83\n",
		"link first":  "label: dos\ntype=5,size=30M\nsize=2M,type=83\nsize=5M,type=83\nsize=6M,type=83\n",
		"link fourth": "label: dos\nsize=2M\nsize=2M\nsize=2M\ntype=f\nsize=3M\nsize=4M\n",
		"linux link":  "label: dos\nsize=2M\ntype=85\nsize=3M\nsize=4M\n",
		"no link":     "label: dos\nsize=2M\nsize=3M,bootable\n",
	}
	for name, script := range layouts {
		t.Run(name, func(t *testing.T) {
			disk := filepath.Join(t.TempDir(), "disk")
			want := partition(t, sfdisk, disk, script)
			img := flashtest.File(t, disk)
			c := mustRead(t, img)
			if len(c.Problems) != 0 {
				t.Errorf("problems: %v", c.Problems)
			}
			got := map[string]string{}
			for _, p := range c.Table(flash.EMMCUser, img.Size()).Partitions {
				if strings.HasPrefix(p.Name, "p") {
					got[p.Name] = p.Extent.String()
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("\n   ebr %v\nsfdisk %v", got, want)
			}
		})
	}
}

// partition makes the disk and returns the data rows as sfdisk reads them back.
func partition(t *testing.T, sfdisk, disk, script string) map[string]string {
	t.Helper()
	if err := os.WriteFile(disk, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(disk, 64*mib); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(sfdisk, "--quiet", disk)
	run.Stdin = strings.NewReader(script)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("sfdisk: %v\n%s", err, out)
	}
	out, err := exec.Command(sfdisk, "--json", disk).Output()
	if err != nil {
		t.Fatalf("sfdisk --json: %v", err)
	}
	var dump struct {
		PartitionTable struct {
			Partitions []struct {
				Node        string
				Start, Size int64
				Type        string
			}
		}
	}
	if err := json.Unmarshal(out, &dump); err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, p := range dump.PartitionTable.Partitions {
		if p.Type == "5" || p.Type == "f" || p.Type == "85" {
			continue
		}
		number := strings.TrimPrefix(p.Node, disk)
		rows["p"+strings.TrimPrefix(number, "p")] = flash.Extent{Offset: p.Start * 512, Length: p.Size * 512}.String()
	}
	if len(rows) < 2 {
		t.Fatalf("sfdisk made %d rows", len(rows))
	}
	return rows
}
