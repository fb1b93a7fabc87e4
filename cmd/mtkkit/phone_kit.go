package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/source"
)

// kit is what a phone is started with: files the user has.
type kit struct {
	agents     *da.Container
	agent      agentFile
	dram       *preloader.DRAM // nil: none given
	auth, cert []byte
	file       io.Closer
}

// agentFile says which file of Download Agents was used.
type agentFile struct {
	Name   string // its base name
	ID     string // what it calls itself
	SHA256 string
}

// open reads the files that options name. After an error none is open.
func (k *kit) open(o *phoneOptions) (err error) {
	defer func() {
		if err != nil {
			k.Close()
		}
	}()
	if path := o.da; path != "" {
		img, err := source.OpenFile(path)
		if err != nil {
			return err
		}
		k.file = img
		if err := k.read(img, path); err != nil {
			return err
		}
	}
	if k.dram, err = readDRAM(o.preloader); err != nil {
		return err
	}
	if k.auth, err = readSmall(o.auth); err != nil {
		return err
	}
	k.cert, err = readSmall(o.cert)
	return err
}

// read takes a file of agents.
func (k *kit) read(img flash.Image, path string) (err error) {
	if k.agents, err = da.Read(img); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
		if !da.Sniff(img) {
			const want = "a Download Agent begins with the words MTK_DOWNLOAD_AGENT; MTK_AllInOne_DA.bin lies beside SP Flash Tool"
			err = whatElse(path, "Download Agent", hinted{err, []string{want}}, nil, want)
		}
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(img, 0, img.Size())); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	k.agent = agentFile{filepath.Base(path), k.agents.ID, hex.EncodeToString(sum.Sum(nil))}
	return nil
}

// Close closes the file of agents.
func (k *kit) Close() error {
	if k.file == nil {
		return nil
	}
	return k.file.Close()
}

// options puts the kit in the words of the agent's family.
func (k *kit) options(family brom.Protocol, reconnect reopen) da.Options {
	o := da.Options{Reconnect: reconnect}
	if k.dram != nil {
		o.DRAM, o.DRAMVersion = k.dram.Block, k.dram.Version
		if family == brom.Legacy {
			o.DRAM = k.dram.Entries
		}
	}
	return o
}

// readDRAM takes the memory settings out of a preloader, flashable or in its boot region.
func readDRAM(path string) (*preloader.DRAM, error) {
	if path == "" {
		return nil, nil
	}
	img, err := source.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	r, err := preloader.Read(img)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
		return nil, whatElse(path, "boot region and no preloader", err, nil, "the phone's own preloader is what mtkkit preloader fix cuts out of its BOOT_1")
	}
	f := r.Main()
	if f == nil {
		return nil, fmt.Errorf("%s: no preloader in it", path)
	}
	d, err := f.DRAM(img)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// maxSmall is more than any authentication file or certificate has; real ones have some
// kilobytes.
const maxSmall = 1 << 20

// readSmall reads a file of the phone's maker, nil for none.
func readSmall(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	f, err := disk.OpenSmall(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(f, maxSmall+1))
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, fmt.Errorf("%s is empty", path)
	case n > maxSmall:
		return nil, errors.New(path + " is too large for an authentication file or a certificate")
	}
	return b.Bytes(), nil
}
