package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

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
	FirmwareFile  FileKind = "firmware package"
)

// FileError means that a file is damaged or not of the expected kind.
type FileError struct {
	Path     string
	Kind     FileKind
	Alien    bool           // the file is of another kind, not a damaged one of this kind
	Problems flash.Problems // of the parts of a damaged file
	Err      error          // wraps flash.ErrNotThis if the file is of another kind
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// startFiles are the files that a phone is started with.
type startFiles struct {
	agents     *AgentSearch
	dram       *preloader.DRAM // nil: none given
	auth, cert []byte          // nil: none given
	firmware   *firmware       // nil: none given
}

// open reads the files of the options. After an error no file is open.
func (f *startFiles) open(ctx context.Context, o *Options) (err error) {
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if o.Firmware != "" {
		if f.firmware, err = openFirmware(ctx, o); err != nil {
			return err
		}
	}
	if f.agents, err = f.findAgents(ctx, o); err != nil {
		return err
	}
	if f.dram, err = readDRAM(o.Preloader); err != nil {
		return err
	}
	if f.auth, err = readSmall(o.Auth); err != nil {
		return err
	}
	if f.cert, err = readSmall(o.Cert); err != nil {
		return err
	}
	f.takeFirmware()
	return nil
}

// findAgents finds the agents: those that were named, those of the firmware, or those in memory.
func (f *startFiles) findAgents(ctx context.Context, o *Options) (*AgentSearch, error) {
	switch {
	case o.Agents != "":
		s, err := FindAgents(ctx, o.Agents)
		if err != nil || len(s.Files) > 0 {
			return s, err
		}
		s.Close()
		if !s.Searched {
			return nil, s.Broken[0]
		}
		return nil, &NoAgentsError{Path: o.Agents, Broken: s.Broken, Others: s.Others}
	case f.firmware != nil:
		return f.firmware.agents, nil
	case o.AgentImage != nil:
		found, err := readAgents(o.AgentImage, "Download Agents")
		if err != nil {
			return nil, err
		}
		return &AgentSearch{Files: []*FoundAgents{found}}, nil
	}
	return nil, ErrNoAgents
}

// NoAgentsError means that a folder, an archive or a package has no file of Download Agents that can be
// used.
type NoAgentsError struct {
	Path    string
	Package bool         // it was given as a firmware package
	Broken  []*FileError // files of agents that are damaged
	Others  int          // files that are not of agents
}

func (e *NoAgentsError) Error() string {
	if len(e.Broken) > 0 && e.Broken[0].Path == e.Path {
		return e.Broken[0].Error()
	}
	if len(e.Broken) > 0 {
		return fmt.Sprintf("%s: its Download Agent cannot be used: %v", e.Path, e.Broken[0])
	}
	return fmt.Sprintf("%s: none of its %d files is a Download Agent", e.Path, e.Others)
}

// Close closes the files.
func (f *startFiles) Close() {
	if f.agents != nil {
		f.agents.Close()
	}
	f.firmware.Close()
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
	return dramIn(img, path)
}

// dramIn is readDRAM for an open file.
func dramIn(img flash.Image, path string) (*preloader.DRAM, error) {
	r, err := preloader.Read(img)
	if err != nil {
		return nil, &FileError{Path: path, Kind: PreloaderFile, Alien: errors.Is(err, flash.ErrNotThis), Err: err}
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
	return small(f, path)
}

// small is readSmall for an open file.
func small(f io.Reader, path string) ([]byte, error) {
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
