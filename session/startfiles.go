package session

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

// ErrNoAgents means that no file of Download Agents was given, which a phone on a port needs.
var ErrNoAgents = errors.New("no file of Download Agents was given")

// FileKind is the expected kind of a file.
type FileKind string

// The kinds of start files whose format is checked.
const (
	AgentsFile    FileKind = "Download Agents"
	PreloaderFile FileKind = "preloader"
)

// FileError means that a file is damaged or not of the expected kind.
type FileError struct {
	Path  string
	Kind  FileKind
	Alien bool  // the file is of another kind, not a damaged one of this kind
	Err   error // wraps flash.ErrNotThis if the file is of another kind
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// AgentFile identifies the file of Download Agents that was used.
type AgentFile struct {
	Name   string // its base name
	ID     string // the id text in the file
	SHA256 string
}

// startFiles are the files that a phone is started with.
type startFiles struct {
	agents     *da.Container
	agent      AgentFile
	dram       *preloader.DRAM // nil: none given
	auth, cert []byte          // nil: none given
	file       io.Closer       // the file of agents
}

// open reads the files of the options. After an error no file is open.
func (f *startFiles) open(o *Options) (err error) {
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	switch {
	case o.Agents != "":
		img, err := source.OpenFile(o.Agents)
		if err != nil {
			return err
		}
		f.file = img
		if err := f.read(img, o.Agents); err != nil {
			return err
		}
	case o.AgentImage != nil:
		if err := f.read(o.AgentImage, "Download Agents"); err != nil {
			return err
		}
	default:
		return ErrNoAgents
	}
	if f.dram, err = readDRAM(o.Preloader); err != nil {
		return err
	}
	if f.auth, err = readSmall(o.Auth); err != nil {
		return err
	}
	f.cert, err = readSmall(o.Cert)
	return err
}

// read reads a file of agents.
func (f *startFiles) read(img flash.Image, path string) (err error) {
	if f.agents, err = da.Read(img); err != nil {
		return &FileError{path, AgentsFile, !da.Sniff(img), err}
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(img, 0, img.Size())); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f.agent = AgentFile{filepath.Base(path), f.agents.ID, hex.EncodeToString(sum.Sum(nil))}
	return nil
}

// Close closes the file of agents.
func (f *startFiles) Close() {
	if f.file != nil {
		f.file.Close() // it was only read
	}
}

// options returns the options of da for the protocol of the agent.
func (f *startFiles) options(family brom.Protocol) (o da.Options) {
	if f.dram == nil {
		return o
	}
	o.DRAM, o.DRAMVersion = f.dram.Block, f.dram.Version
	if family == brom.Legacy {
		o.DRAM = f.dram.Entries
	}
	return o
}

// readDRAM reads the memory settings from a preloader file, which may be flashable or a boot
// region.
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
		return nil, &FileError{path, PreloaderFile, errors.Is(err, flash.ErrNotThis), err}
	}
	f := r.Main()
	if f == nil {
		return nil, fmt.Errorf("%s: contains no preloader", path)
	}
	d, err := f.DRAM(img)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// maxSmall is the largest authentication file or certificate that is read, bytes; real ones have
// some kilobytes.
const maxSmall = 1 << 20

// readSmall reads a file of the phone's maker. It returns nil if path is "".
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
