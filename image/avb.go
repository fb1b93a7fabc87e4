package image

import (
	"errors"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
)

// AVBName returns the partition that the vbmeta block at the start of img describes:
// the partition in its only hash or hashtree descriptor. Such a block is behind the
// content of a signed partition. A vbmeta partition describes several partitions; the
// result is then "".
func AVBName(img flash.Image) string {
	v, err := avb.Read(img)
	if err != nil || len(v.Images) != 1 || len(v.Images[0].Partition) > 64 {
		return ""
	}
	return printable([]byte(v.Images[0].Partition))
}

// readVBMeta reads a header of 256 bytes, then the authentication and the auxiliary
// block, big-endian. The label is the release of the tool that made the block.
func readVBMeta(h *head) (string, int64, bool) {
	const headerSize, tooBig = 256, 1 << 20
	label := h.text(0x80, 48)
	auth, aux := h.be64(0x0C), h.be64(0x14)
	if auth > tooBig || aux > tooBig {
		return label, 0, true
	}
	return label, headerSize + int64(auth+aux), true
}

// tellAVB adds facts about the vbmeta block that is the image, or that its footer
// points to.
func tellAVB(i *Info) {
	v, footer, err := avb.Find(i.img)
	switch {
	case errors.Is(err, flash.ErrNotThis):
		return
	case err != nil:
		i.failed(err)
		return
	case footer != nil:
		i.add("AVB footer", "an image of 0x%x bytes, the vbmeta block at 0x%x", footer.ImageSize, footer.VBMetaOffset)
	}
	i.Problems = append(i.Problems, v.Problems...)
	i.add("algorithm", "%v", v.Algorithm)
	if v.Algorithm != 0 {
		i.add("signature", "%v, checked with the key in the block (%.12s…)", v.Signature, v.KeySHA1)
	}
	i.add("rollback index", "%d", v.RollbackIndex)
	i.add("flags", "%d: %s", v.Flags, v.FlagWords())
	i.add("made by", "%s", printable([]byte(v.Release)))
	for _, f := range v.Fingerprints() {
		i.add("fingerprint", "%s", f)
	}
	for _, d := range v.Images {
		i.add("describes", "%s: %s over 0x%x bytes", d.Partition, d.Kind(), d.ImageSize)
	}
	for _, c := range v.Chains {
		i.add("chain", "%s has its own block, signed with the key %.12s…", c.Partition, c.KeySHA1)
	}
	for _, line := range v.Cmdlines {
		i.add("kernel gets", "%s", line)
	}
	for _, p := range v.Properties {
		of, isVersion := strings.CutSuffix(strings.TrimPrefix(p.Key, "com.android.build."), ".os_version")
		if isVersion {
			i.add("OS version", "%s (%s)", p.Value, of)
		} else if of, isPatch := strings.CutSuffix(of, ".security_patch"); isPatch {
			i.add("patch level", "%s (%s)", p.Value, of)
		}
	}
}
