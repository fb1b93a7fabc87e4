package main

import (
	"bytes"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// The virtual phone of --port sim: a made phone of 2019 with 256 MiB of eMMC, a stand-in
// for its Download Agent, and the same protocol on the wire as a real one. It shows what
// the commands do to who has no phone at hand, and is the same on every machine.

// standInName is what the stand-in says it is in records.
const standInName = "stand-in Download Agent"

// plugSim makes p the port of a virtual phone in this process.
func (p *phonePort) plugSim() {
	made := imgtest.MT6765()
	phone := &acquiretest.Phone{
		Window: -1, // nobody has to be quick with it
		Parts:  append(made.Device().Parts, flash.Part{Region: flash.EMMCRPMB, Image: imgtest.NewSparse(512 << 10)}),
	}
	if p.agents == nil {
		file := acquiretest.Container("MTK_AllInOne_DA_v3.3001 stand-in", acquiretest.Agent{Code: 0x6765, HWVersion: 0xca00})
		if err := p.kit.read(bytes.NewReader(file), standInName); err != nil {
			panic(err) // it is made here
		}
	}
	phone.Plug()
	p.bus, p.sim = phone, phone.Unplug
}
