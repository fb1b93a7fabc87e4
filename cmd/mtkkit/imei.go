package main

import (
	"github.com/mtkkit/mtkkit/image/imei"
	"github.com/mtkkit/mtkkit/report"
)

// imeiState is what a document says of the IMEIs in a partition. It has no number, not even a
// masked one: documents are kept, and sent to others.
type imeiState struct {
	Partition string     `json:"partition"`
	State     imei.State `json:"state"` // "held", "empty", "none", "unknown"
	Count     int        `json:"count"`
}

// found notes where IMEIs were looked for.
func (i *info) found(all []report.IMEIs) {
	i.imeis, i.IMEIs = all, []imeiState{}
	for _, f := range all {
		i.IMEIs = append(i.IMEIs, imeiState{f.Partition, f.State, len(f.Numbers)})
	}
}
