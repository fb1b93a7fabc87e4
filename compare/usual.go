package compare

import (
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/scatter"
)

// inUse are partitions that a phone writes while it is used, by canonical names, and what it
// writes there. Those that are private have their reason from package scatter.
var inUse = map[string]string{
	"cache":     "files that the system may delete",
	"misc":      "orders to the boot loader, and the active slot",
	"para":      "orders to the boot loader, and the active slot",
	"boot_para": "the log and the state of the last start",
	"flashinfo": "the log of flash tools",
	"md_cal":    "calibration of the modem",
}

// usual says why phones of one model differ in a partition; "" if they should not: then software
// or damage changed it.
func usual(name string) string {
	if why := scatter.Why(name); why != "" {
		return "the phone's own " + string(why)
	}
	base, _ := slot.Cut(scatter.Canonical(name))
	if why := inUse[base]; why != "" {
		return why
	}
	return ""
}
