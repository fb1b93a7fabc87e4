package acquiretest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// Agent describes one entry of a container for tests.
type Agent struct {
	Code                 uint16 // of the chips: 0x6765
	HWVersion, SWVersion uint16
	Protocol             Protocol // sets the usual addresses and signatures
	Sizes                [2]int   // sizes of the stages without signatures, bytes; 0: 0x3000 and 0x8000
}

// standIn marks a first stage made by Container; after it is the SHA-256 of its second stage.
const standIn = "mtkkit stand-in for a Download Agent, runs nowhere "

// Container returns a Download Agent file (MTK_AllInOne_DA.bin) with these entries. It has the
// format of a real one; its agents are noise that no phone can run.
func Container(id string, agents ...Agent) []byte {
	const head, entry = 0x6c, 0xdc
	b := make([]byte, head+entry*len(agents))
	copy(b, "MTK_DOWNLOAD_AGENT")
	copy(b[0x20:0x60], id)
	binary.LittleEndian.PutUint32(b[0x60:], 4)
	copy(b[0x64:], "\x99\x88\x66\x22")
	binary.LittleEndian.PutUint32(b[0x68:], uint32(len(agents)))
	for i, a := range agents {
		e := b[head+entry*i:][:entry]
		for j, v := range []uint16{0xdada, a.Code, 0x8a00, a.HWVersion, a.SWVersion, 0, 0x200, 0, 1, 3} {
			binary.LittleEndian.PutUint16(e[2*j:], v)
		}
		stages, first := a.stages(i)
		for r, s := range stages {
			d := e[20+20*r:]
			binary.LittleEndian.PutUint32(d, uint32(len(b)))
			binary.LittleEndian.PutUint32(d[4:], uint32(len(s)))
			binary.LittleEndian.PutUint32(d[8:], [3]uint32{first, first, 0x40000000}[r])
			binary.LittleEndian.PutUint32(d[12:], uint32(len(b)+len(s)-sigSize))
			binary.LittleEndian.PutUint32(d[16:], sigSize)
			b = append(b, s...)
			e = b[head+entry*i:][:entry]
		}
	}
	return b
}

const sigSize = 0x100

// stages makes the three regions of an entry: info, first stage, second stage.
func (a Agent) stages(i int) (stages [3][]byte, addr uint32) {
	first, second := a.Sizes[0], a.Sizes[1]
	def(&first, 0x3000)
	def(&second, 0x8000)
	label := string(rune('a' + i))
	body := noise("second "+label, second)
	sum := sha256.Sum256(body)
	if a.Protocol == Legacy { // its second stage is sent with the signature
		sum = sha256.Sum256(append(bytes.Clone(body), noise("sig2"+label, sigSize)...))
	}
	stages[2] = append(body, noise("sig2"+label, sigSize)...)
	stages[1] = append([]byte(standIn), sum[:]...)
	stages[1] = append(stages[1], noise("first "+label, max(first-len(stages[1]), 0))...)
	stages[1] = append(stages[1], noise("sig1"+label, sigSize)...)
	stages[0] = noise("info "+label, 0x200)
	addr = 0x200000
	if a.Protocol == XML {
		addr = 0x2000000
	}
	return stages, addr
}

// belongs reports whether second is the stage for first. It is true for all real first stages.
func belongs(first, second []byte) bool {
	rest, ours := bytes.CutPrefix(first, []byte(standIn))
	if !ours {
		return true
	}
	sum := sha256.Sum256(second)
	return bytes.HasPrefix(rest, sum[:])
}

// noise returns n bytes that depend on label only.
func noise(label string, n int) []byte {
	out := make([]byte, 0, n+sha256.Size)
	for i := uint32(0); len(out) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(label), i))
		out = append(out, sum[:]...)
	}
	return out[:n]
}
