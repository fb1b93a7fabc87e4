package acquiretest

import (
	"reflect"
	"testing"
	"time"
)

func TestParseFault(t *testing.T) {
	for s, want := range map[string]Fault{
		"disconnect@data:7+999":       {Place: "data", Nth: 7, Byte: 999, Do: Disconnect},
		"flip@data:3":                 {Place: "data", Nth: 3, Do: Flip},
		"stall=30s@data.status:5":     {Place: "data.status", Nth: 5, Do: Stall, For: 30 * time.Second},
		"insert=41540d@start":         {Place: "start", Do: Insert, Bytes: []byte("AT\r")},
		"drop@xflash.packet length+3": {Place: "xflash.packet length", Byte: 3, Do: Drop},
		"drop=2@xml.OK:1":             {Place: "xml.OK", Nth: 1, Do: Drop, N: 2},
		"fill=255@xflash.emmc":        {Place: "xflash.emmc", Do: Fill, N: 255},
		"":                            {},
		"data":                        {},
		"burn@data":                   {},
		"disconnect@":                 {},
		"disconnect@data:x":           {},
		"disconnect@data:-1":          {},
		"disconnect=5@data":           {},
		"stall@data":                  {},
		"stall=-3s@data":              {},
		"insert=zz@data":              {},
		"drop=many@data":              {},
		"repeat=x@data":               {},
	} {
		got, err := ParseFault(s)
		if (err == nil) != (want.Do != 0) || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
}
