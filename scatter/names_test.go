package scatter_test

import (
	"testing"

	"github.com/mtkkit/mtkkit/scatter"
)

// The first and the second copy of an image come from the same file in
// the files ptgen writes, and so they must here.
func TestTwins(t *testing.T) {
	for _, twins := range [][]string{
		{"lk", "lk2"}, {"tee1", "tee2"}, {"gz1", "gz2"}, {"scp1", "scp2"}, {"scp", "scp1"}, {"sspm_1", "sspm_2"}, {"sspm", "sspm_1"},
		{"mcupm_1", "mcupm_2"}, {"dpm_1", "dpm_2"}, {"loader_ext1", "loader_ext2"}, {"protect1", "protect2"},
		{"TEE1", "TEE2"}, {"UBOOT", "lk"},
	} {
		a, b := scatter.Defaults(twins[0], ""), scatter.Defaults(twins[1], "")
		if a != b {
			t.Errorf("%s has %+v, %s has %+v", twins[0], a, twins[1], b)
		}
	}
	if a, b := scatter.Defaults("preloader", ""), scatter.Defaults("preloader_backup", ""); a.File != b.File || a.Operation != b.Operation {
		t.Errorf("preloader %+v, its backup %+v", a, b)
	}
}

// The real files agree, but for a few written by tools that read every copy back.
func TestCorpusTwins(t *testing.T) {
	seen := 0
	for _, name := range corpusNames(t) {
		f, err := scatter.Parse(corpusFile(t, name))
		if err != nil {
			continue
		}
		table := f.Table(0)
		for _, twins := range [][2]string{{"lk", "lk2"}, {"scp1", "scp2"}, {"sspm_1", "sspm_2"}, {"mcupm_1", "mcupm_2"}, {"dpm_1", "dpm_2"}, {"loader_ext1", "loader_ext2"}} {
			a, b := table.Find(twins[0]), table.Find(twins[1])
			if a == nil || b == nil || a.File == "" || b.File == "" {
				continue
			}
			if seen++; a.File != b.File {
				t.Logf("%s: %s is %s, %s is %s", name, a.Name, a.File, b.Name, b.File)
				seen--
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d twins share their file", seen)
	}
}

// Names that vendors and later phones added: what firmware carries has its file, what
// is of one phone is private.
func TestVendorRows(t *testing.T) {
	for name, file := range map[string]string{
		"mcupm_a": "mcupm.img", "dpm_a": "dpm.img", "mitee_a": "mitee.img", "mitee_b": "", "tkv_a": "tkv.img", "tranfs": "tranfs.img",
		"EBR3": "EBR3", "ebr9": "EBR9", "vcp_a": "vcp.img", "erecovery": "erecovery.img", "lenovocust": "lenovocust.img", "rescue": "rescue.img", "custom": "custom.img", "PRELOAD": "preload.img",
	} {
		if a := scatter.Defaults(name, ""); a.File != file || a.Private || a.Download != (file != "") {
			t.Errorf("%s: %+v, want file %q", name, a, file)
		}
	}
	for _, name := range []string{"RESERVE1", "lenovolock", "lenovosku_1", "misc2", "transec", "simlock", "persistent", "oops", "oplusreserve1", "oplus_custom"} {
		if a := scatter.Defaults(name, ""); !a.Private || a.Download || scatter.Public(name) {
			t.Errorf("%s: %+v, want it private", name, a)
		}
	}
}
