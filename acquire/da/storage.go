package da

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// Kinds of storage in a read request.
const (
	xEMMC = 0x01
	xNAND = 0x10
	xUFS  = 0x30
)

// storage asks for each kind of flash until one is found. An agent refuses the question for a kind
// that it does not support or cannot access.
func (x *xflash) storage(p *Phone) error {
	var refused error
	for _, ask := range []func(*Phone) error{x.emmc, x.ufs, x.nand} {
		err := ask(p)
		switch {
		case refusal(err):
			refused = err
		case err != nil || p.Storage != "":
			return err
		}
	}
	if refused != nil {
		return fmt.Errorf("%w: %w", ErrNoStorage, refused)
	}
	return ErrNoStorage
}

func (x *xflash) emmc(p *Phone) error {
	b, err := x.get(xGetEMMC, 256)
	if err != nil || len(b) < 88 || binary.LittleEndian.Uint32(b) == 0 {
		return err
	}
	// boot 1, boot 2, RPMB, four general purpose areas, user: in this order in the
	// report, and numbered 1 to 8 in requests.
	p.Storage, p.Sector, p.CID = flash.EMMC, 512, b[72:88] // manufacturer first, as in the chip's register
	return p.addEMMC(b[8:], binary.LittleEndian)
}

// addEMMC adds the areas of an eMMC from their eight sizes, the user area first.
func (p *Phone) addEMMC(b []byte, order binary.ByteOrder) error {
	for _, i := range []int{7, 0, 1, 2, 3, 4, 5, 6} {
		r := Region{Name: emmcNames[i], storage: xEMMC, part: uint32(i + 1), xmlName: emmcXML[i]}
		if err := p.add(r, order.Uint64(b[8*i:])); err != nil {
			return err
		}
	}
	return nil
}

// swapWords returns a copy of an eMMC's identity with the bytes of each 32-bit word reversed:
// legacy and XML agents send it as words, XFlash agents and Android's kernel as bytes.
func swapWords(b []byte) []byte {
	out := slices.Clone(b)
	for w := out; len(w) >= 4; w = w[4:] {
		slices.Reverse(w[:4])
	}
	return out
}

var emmcNames = [8]flash.Region{flash.EMMCBoot1, flash.EMMCBoot2, flash.EMMCRPMB,
	"EMMC_GP1", "EMMC_GP2", "EMMC_GP3", "EMMC_GP4", flash.EMMCUser}

var emmcXML = [8]string{"EMMC-BOOT1", "EMMC-BOOT2", "EMMC-RPMB", "EMMC-GP1", "EMMC-GP2", "EMMC-GP3", "EMMC-GP4", "EMMC-USER"}

var (
	ufsNames = [3]flash.Region{flash.UFSLU0, flash.UFSLU1, flash.UFSLU2}
	ufsXML   = [3]string{"UFS-LUA0", "UFS-LUA1", "UFS-LUA2"}
)

func (x *xflash) ufs(p *Phone) error {
	b, err := x.get(xGetUFS, 256)
	if err != nil || len(b) < 48 || binary.LittleEndian.Uint32(b) == 0 {
		return err
	}
	p.Storage, p.Sector, p.CID = flash.UFS, 4096, b[32:48]
	for _, i := range []int{2, 0, 1} { // the third is the user area
		r := Region{Name: ufsNames[i], storage: xUFS, part: uint32(i + 1), xmlName: ufsXML[i]}
		if err := p.add(r, binary.LittleEndian.Uint64(b[8+8*i:])); err != nil {
			return err
		}
	}
	return nil
}

func (x *xflash) nand(p *Phone) error {
	b, err := x.get(xGetNAND, 256)
	if err != nil || len(b) < 32 || binary.LittleEndian.Uint32(b) == 0 {
		return err
	}
	p.Storage, p.Sector = flash.NAND, int64(binary.LittleEndian.Uint32(b[4:]))
	r := Region{Name: flash.NANDWhole, storage: xNAND, part: 8, xmlName: "NAND-WHOLE"}
	return p.add(r, binary.LittleEndian.Uint64(b[24:]))
}
