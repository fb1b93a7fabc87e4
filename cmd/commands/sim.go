package commands

import (
	"bytes"
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/session"
)

// The virtual phone of --port sim: a made phone of 2019 with 256 MiB of eMMC, a stand-in
// for its Download Agent, and the same protocol on the wire as a real one. It shows what
// the commands do to who has no phone at hand, and is the same on every machine.

// plugSim makes the options those of a virtual phone in this process, and plugs it in.
func plugSim(o *session.Options) (unplug func()) {
	chip, _ := brom.ByName("MT6765")
	phone := &acquiretest.Phone{HWCode: chip.HWCode, Parts: simParts(), Window: -1} // nobody has to be quick with it
	o.Port, o.Bus, o.AgentImage = "", phone, bytes.NewReader(standIn(chip))
	tell := o.Tell
	o.Tell = func(n session.Notice) {
		if _, waiting := n.(session.Waiting); !waiting { // it needs a moment, but nobody to plug it in
			tell(n)
		}
	}
	phone.Plug()
	return phone.Unplug
}

// simParts is what the phone stores.
func simParts() []flash.Part {
	return append(imgtest.MT6765().Device().Parts, flash.Part{Region: flash.EMMCRPMB, Image: imgtest.NewSparse(512 << 10)})
}

// standIn makes a file in the form of MTK_AllInOne_DA.bin for a virtual phone.
func standIn(chip brom.Chip) []byte {
	id := "MTK_AllInOne_DA_v3.3001 stand-in"
	if chip.Protocol == brom.XML {
		id = "MTK_DA_v6 stand-in"
	}
	return acquiretest.Container(id, acquiretest.Agent{Code: chip.DACode, HWVersion: 0xca00,
		Protocol: acquiretest.Protocol(fmt.Sprint(chip.Protocol))})
}
