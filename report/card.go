package report

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
)

// cards makes one card for each preloader file in the boot regions.
func cards(boots []BootRegion) []Preloader {
	out := []Preloader{}
	for _, b := range boots {
		if b.Header == nil {
			continue
		}
		for _, f := range b.Header.Files {
			out = append(out, card(b, f))
		}
	}
	return out
}

func card(b BootRegion, f *preloader.File) Preloader {
	p := Preloader{
		Region: b.Region, Source: b.Source, File: f.FileName, Medium: b.Header.Medium, Kind: f.Kind, Extent: f.Extent,
		LoadAddress: f.Info.LoadAddress, Signature: f.Info.SignatureType, Proof: "unproven", Where: f.Proof.Where,
		Digest: f.Proof.Digest, BuildTime: f.BuildTime, Branch: f.Branch, Tail: tail(f.Tail),
	}
	switch {
	case f.Proof.OK:
		p.Proof = "proven"
	case f.Proof.Failed(), f.Cut():
		p.Proof = "failed"
	}
	if chip, sure := f.Chip(); chip != "" {
		p.Chip, p.Confidence = chip, string(sure)
	}
	if i := f.Bloader; i != nil {
		p.Board, p.Version, p.EMI = i.Board, i.Version, i.EMICount
	}
	return p
}

// tail describes the bytes behind the file.
func tail(t preloader.Tail) string {
	switch {
	case t.Extent.Length == 0:
		return "nothing"
	case t.DataBytes > 0:
		return fmt.Sprintf("0x%x bytes, of which 0x%x are this phone's own data", t.Extent.Length, t.DataBytes)
	}
	fill := map[string]string{"00": "zeros", "FF": "0xFF", "mixed": "0xFF and zeros"}[t.Fill]
	return fmt.Sprintf("%s of %s", flash.Size(t.Extent.Length), fill)
}
