package boot

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// maxKernel is the largest kernel that is read, compressed and unpacked, in bytes.
const maxKernel = 128 << 20

// maxStarts limits the number of offsets at which a compressed kernel is looked for.
const maxStarts = 64

// KernelInfo holds the facts that a kernel contains about itself.
type KernelInfo struct {
	Bits    int    // 32 or 64, 0 if not known
	Version string // "3.4.67 (android@host) (gcc …) #1 SMP PREEMPT …"; "" if not found
	Trees   []DeviceTree
}

// Release returns the first word of the version: "3.4.67".
func (k KernelInfo) Release() string {
	word, _, _ := strings.Cut(k.Version, " ")
	return word
}

// DeviceTree is a flattened device tree behind a kernel or in a dtb part.
type DeviceTree struct {
	flash.Extent
	Model      string
	Compatible []string // "mediatek,mt6765" …
}

// ReadKernel looks into the payload of a kernel. A kernel may contain bytes that look
// like the magic of a compression, so every one is tried until a version is found. It
// returns an error if the kernel is too large or cannot be read.
func ReadKernel(payload flash.Image) (KernelInfo, error) {
	b, err := packedKernel(payload)
	if err != nil {
		return KernelInfo{}, err
	}
	k := KernelInfo{Version: banner(b), Trees: trees(b), Bits: bits(b)}
	if k.Version != "" {
		return k, nil
	}
	if plain := unpackKernel(b); plain != nil {
		k.Version = banner(plain)
		if len(k.Trees) == 0 {
			k.Trees = trees(plain)
		}
		k.Bits = max(k.Bits, bits(plain))
	}
	return k, nil
}

// PlainKernel returns the unpacked kernel in a payload; nil if no version is found in it.
func PlainKernel(payload flash.Image) ([]byte, error) {
	b, err := packedKernel(payload)
	if err != nil || banner(b) != "" {
		return b, err
	}
	return unpackKernel(b), nil
}

func packedKernel(payload flash.Image) ([]byte, error) {
	if payload.Size() > maxKernel {
		return nil, wrong(0, "a kernel of %d bytes", payload.Size())
	}
	return flash.ReadFull(payload, 0, int(payload.Size()))
}

// unpackKernel tries all compressed data in a kernel until one has a version; nil for none.
func unpackKernel(b []byte) []byte {
	starts := 0
	for at := 0; at < len(b) && starts < maxStarts; at++ {
		at = nextMagic(b, at)
		if at < 0 {
			break
		}
		starts++
		plain, _, _ := ramdisk.Unpack(bytes.NewReader(b[at:]), ramdisk.Sniff(b[at:]), maxKernel) // damage at the end does not matter
		if banner(plain) != "" {
			return plain
		}
	}
	return nil
}

// bits returns the kernel's word size by the magic of its image: zImage of 32-bit ARM,
// or Image of arm64. A 32-bit kernel that unpacks itself is a zImage.
func bits(b []byte) int {
	has := func(off int, magic string) bool { return len(b) >= off+4 && string(b[off:off+4]) == magic }
	switch {
	case has(0x38, "ARM\x64"):
		return 64
	case has(0x24, "\x18\x28\x6F\x01"):
		return 32
	}
	return 0
}

var kernelMagics = [][]byte{
	{0x1F, 0x8B, 0x08, 0x00}, {0x02, 0x21, 0x4C, 0x18}, {0xFD, '7', 'z', 'X', 'Z', 0}, {0x5D, 0, 0},
}

// nextMagic finds the next offset at which compressed data may begin, -1 for none.
func nextMagic(b []byte, from int) int {
	best := -1
	for _, m := range kernelMagics {
		i := bytes.Index(b[from:], m)
		for at := from; i >= 0; i = bytes.Index(b[at:], m) {
			if at += i; ramdisk.Sniff(b[at:]) != "" {
				if best < 0 || at < best {
					best = at
				}
				break
			}
			at++
		}
	}
	return best
}

// banner finds the first line that every kernel logs.
func banner(b []byte) string {
	const words, most = "Linux version ", 256
	for {
		i := bytes.Index(b, []byte(words))
		if i < 0 {
			return ""
		}
		b = b[i+len(words):]
		line, _, _ := bytes.Cut(b[:min(len(b), most)], []byte{'\n'})
		if s := strings.TrimSpace(text(line)); s != "" && s[0] >= '1' && s[0] <= '9' {
			return s
		}
	}
}

// A flattened device tree: magic, total size, offsets of structure and strings, all
// big-endian.
const (
	treeMagic  = "\xD0\x0D\xFE\xED"
	treeHeader = 40
	maxTrees   = 64

	nodeBegin, nodeEnd, property, nop, treeEnd = 1, 2, 3, 4, 9
)

// ReadTrees finds the device trees in a dtb part, or behind a kernel.
func ReadTrees(img flash.Image) ([]DeviceTree, error) {
	if img.Size() > maxKernel {
		return nil, wrong(0, "%d bytes of device trees", img.Size())
	}
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	return trees(b), err
}

func trees(b []byte) []DeviceTree {
	var out []DeviceTree
	for at := 0; len(out) < maxTrees; {
		i := bytes.Index(b[at:], []byte(treeMagic))
		if i < 0 {
			break
		}
		at += i
		t, size := readTree(b[at:])
		if size == 0 {
			at += len(treeMagic)
			continue
		}
		t.Extent = flash.Extent{Offset: int64(at), Length: int64(size)}
		out, at = append(out, t), at+size
	}
	return out
}

// readTree reads the properties of the root node of the tree at the start of b; size is
// 0 if the header is impossible.
func readTree(b []byte) (t DeviceTree, size int) {
	be := binary.BigEndian
	if len(b) < treeHeader {
		return t, 0
	}
	total, structs, names := be.Uint32(b[4:]), be.Uint32(b[8:]), be.Uint32(b[12:])
	if uint64(total) > uint64(len(b)) || total < treeHeader || structs > total || names > total {
		return t, 0
	}
	b = b[:total]
	depth := 0
	for at := int(structs); at+4 <= len(b); {
		token := be.Uint32(b[at:])
		at += 4
		switch token {
		case nop:
		case nodeBegin:
			if depth++; depth > 1 {
				return t, int(total) // the root's properties come before its child nodes
			}
			at += (len(cstring(b[at:]))/4 + 1) * 4
		case property:
			if at+8 > len(b) {
				return t, int(total)
			}
			n, name := int64(be.Uint32(b[at:])), int64(names)+int64(be.Uint32(b[at+4:]))
			at += 8
			if n > int64(len(b)-at) || name >= int64(len(b)) {
				return t, int(total)
			}
			t.set(cstring(b[name:]), b[at:at+int(n)])
			at += (int(n) + 3) &^ 3
		default:
			return t, int(total)
		}
	}
	return t, int(total)
}

func (t *DeviceTree) set(name string, value []byte) {
	switch name {
	case "model":
		t.Model = text(value)
	case "compatible":
		for s := range bytes.SplitSeq(bytes.TrimRight(value, "\x00"), []byte{0}) {
			if s := text(s); s != "" && !slices.Contains(t.Compatible, s) {
				t.Compatible = append(t.Compatible, s)
			}
		}
	}
}

func cstring(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}
