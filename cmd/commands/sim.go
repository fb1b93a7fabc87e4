package commands

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/session"
)

// The virtual phone of --port sim: a made phone of 2019 with 256 MiB of eMMC, a stand-in for its
// Download Agent, and the protocol of a real phone. It shows the commands to users without a phone,
// and is the same on every computer.

// virtualPhones are those that are plugged in at present.
type virtualPhones struct {
	rate int64 // bytes per second, 0: as fast as possible

	mu      sync.Mutex
	plugged map[*acquiretest.Phone]func() // each with what unplugs it, once
}

// pull pulls the cables of all.
func (v *virtualPhones) pull() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, unplug := range v.plugged {
		unplug()
	}
}

// plug changes the options to those of a virtual phone in this process, and plugs it in.
func (v *virtualPhones) plug(o *session.Options) (unplug func()) {
	chip, _ := brom.ByName("MT6765")
	phone := &acquiretest.Phone{HWCode: chip.HWCode, Parts: simParts(), Window: -1, Rate: v.rate} // it waits for ever, unlike a real phone
	o.Port, o.Bus, o.AgentImage = "", phone, bytes.NewReader(standIn(chip))
	tell := o.Tell
	o.Tell = func(n session.Notice) {
		if _, waiting := n.(session.Waiting); !waiting { // nobody has to plug it in
			tell(n)
		}
	}
	phone.Plug()
	return v.add(phone)
}

// add records a phone that is plugged in, and returns what unplugs it.
func (v *virtualPhones) add(phone *acquiretest.Phone) (unplug func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.plugged == nil {
		v.plugged = map[*acquiretest.Phone]func(){}
	}
	v.plugged[phone] = sync.OnceFunc(phone.Unplug)
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.plugged[phone]()
		delete(v.plugged, phone)
	}
}

// simParts returns the regions of the virtual phone.
func simParts() []flash.Part {
	return append(imgtest.MT6765().Device().Parts, flash.Part{Region: flash.EMMCRPMB, Image: imgtest.NewSparse(512 << 10)})
}

// standIn returns a file in the form of MTK_AllInOne_DA.bin for a virtual phone.
func standIn(chip brom.Chip) []byte {
	id := "MTK_AllInOne_DA_v3.3001 stand-in"
	if chip.Protocol == brom.XML {
		id = "MTK_DA_v6 stand-in"
	}
	return acquiretest.Container(id, acquiretest.Agent{Code: chip.DACode, HWVersion: 0xca00,
		Protocol: acquiretest.Protocol(fmt.Sprint(chip.Protocol))})
}
