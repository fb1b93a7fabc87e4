package compare

import (
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/report"
)

func TestUsual(t *testing.T) {
	for name, want := range map[string]string{
		"nvram": "the phone's own identity (IMEI, serial numbers, calibration)", "PRO_INFO": "the phone's own identity (IMEI, serial numbers, calibration)",
		"userdata": "the data of the phone's owner", "USRDATA": "the data of the phone's owner", "expdb": "the phone's own logs",
		"seccfg": "the phone's own lock state", "CACHE": "files that the system may delete", "misc": "orders to the boot loader, and the active slot",
		"misc_a": "orders to the boot loader, and the active slot", "pgpt": "identifiers, the size of the flash, the active slot",
		"boot": "", "lk_b": "", "vbmeta_a": "", "system": "", "preloader": "", "boot1": "", "super": "", "nonsense": "", "": "",
	} {
		if got := usual(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The boot chain alarms if it differs, and only then.
func TestAlarming(t *testing.T) {
	for _, c := range []struct {
		row  Row
		want bool
		told string
	}{
		{Row{Class: report.Boot, State: Differs, Kind: flash.KindPartition, Detail: "here"}, true, "here (boot chain: it should not differ)"},
		{Row{Class: report.Boot, State: Equal, Kind: flash.KindPartition}, false, ""},
		{Row{Class: report.Boot, State: Unknown, Kind: flash.KindPartition, Detail: "half"}, false, "half"},
		{Row{Class: report.Boot, State: Differs, Kind: flash.KindGap}, false, ""},
		{Row{Class: report.System, State: Differs, Kind: flash.KindPartition, Detail: "here"}, false, "here"},
		{Row{Class: report.Private, State: Differs, Kind: flash.KindPartition, Detail: "here", Usual: "logs"}, false, "here (logs)"},
		{Row{State: OnlyInA, Usual: "logs"}, false, "logs"},
		{Row{State: Equal, Usual: "logs"}, false, ""},
	} {
		if got := c.row.Alarming(); got != c.want || c.row.Told() != c.told {
			t.Errorf("%+v: %v, %q", c.row, got, c.row.Told())
		}
	}
}

// A package says "stock" and "changed"; what it lacks does not count.
func TestWord(t *testing.T) {
	for _, c := range []struct {
		firmware Name
		state    State
		word     string
		equal    bool
	}{
		{"", Equal, "equal", true}, {"", Differs, "differs", false}, {"", OnlyInA, "only in A", false}, {"", Moved, "moved", false}, {"", Unknown, "unknown", false},
		{B, Equal, "stock", true}, {B, Differs, "changed", false}, {B, OnlyInA, "not in the package", true}, {B, OnlyInB, "only in the package", false}, {B, Unknown, "unknown", false},
		{A, OnlyInB, "not in the package", true}, {A, OnlyInA, "only in the package", false},
		{Both, Differs, "differs", false}, {Both, OnlyInA, "only in A", false},
	} {
		r := &Result{Package: c.firmware, Rows: []Row{{State: Equal}, {State: c.state}}}
		if got := r.Word(&r.Rows[1]); got != c.word || r.Equal() != c.equal {
			t.Errorf("%q %s: %q, equal %v", c.firmware, c.state, got, r.Equal())
		}
	}
}

func TestCount(t *testing.T) {
	r := &Result{Package: B, Rows: []Row{
		{Kind: flash.KindPartition, State: Equal}, {Kind: flash.KindGap, State: Differs}, {Kind: flash.KindPartition, State: OnlyInA},
		{Kind: flash.KindPartition, State: Differs, Usual: "logs"}, {Kind: flash.KindPartition, State: Differs, Class: report.Boot}, {Kind: flash.KindPartition, State: Unknown},
	}}
	if got, want := r.Count(), "1 of 4 partitions is equal; 1 differs, as expected; 1 of the boot chain differs and should not"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
