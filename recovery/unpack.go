package recovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// Names within the folder of an unpacked image.
const (
	OriginalName = "original.img" // the image itself: what is not edited is taken from it
	recordName   = "image.json"
)

// recordSchema is the version of image.json.
const recordSchema = "mtkkit.boot-image/1"

// Record is image.json: what the header says, to read and to edit.
type Record struct {
	Schema  string       `json:"schema"`
	Kind    string       `json:"kind"` // "boot" or "vendor_boot"
	Version int          `json:"header_version"`
	Page    int64        `json:"page_size"`
	Facts   boot.Facts   `json:"facts"` // edited ones go into the header
	Parts   []PartRecord `json:"parts"`
}

// PartRecord is one part in image.json.
type PartRecord struct {
	Name        string `json:"name"`
	Label       string `json:"label,omitempty"`
	Size        int64  `json:"size"` // of the payload, bytes
	Section     string `json:"mtk_header,omitempty"`
	File        string `json:"file,omitempty"`
	Tree        string `json:"tree,omitempty"` // of a ramdisk: its folder
	List        string `json:"list,omitempty"` // and its list file
	Compression string `json:"compression,omitempty"`
}

// Unpacked is an image as the files of a folder.
type Unpacked struct {
	Record   Record
	Files    []flash.Output // names are paths with slashes, safe on every system
	Problems flash.Problems
}

// Unpack takes a boot image apart. A ramdisk that cannot be read stays one file.
// Ramdisks may together unpack to limit bytes, 0 for the usual limit.
func Unpack(img flash.Image, limit int64) (*Unpacked, error) {
	b, err := boot.Read(img)
	if err != nil {
		return nil, err
	}
	u := &Unpacked{Record: recordOf(b), Problems: b.Problems}
	budget := newBudget(limit)
	u.add(OriginalName, img)
	for i := range b.Parts {
		p := &b.Parts[i]
		r := &u.Record.Parts[i]
		if strings.HasPrefix(p.Name, boot.Ramdisk) && p.Name != boot.RamdiskTable {
			rd, err := budget.read(p.Payload())
			if err == nil && shown(rd) > budget.limit {
				err = fmt.Errorf("its hard links stand for %s: %w", flash.Size(shown(rd)), &ramdisk.LimitError{Limit: budget.limit})
			}
			if err == nil {
				u.addTree(r, rd)
				continue
			}
			u.Problems.AddAt(flash.Warning, p.Name, p.Offset, "is kept as one file: %v", err)
		}
		r.File = p.Name + ".bin"
		u.add(r.File, p.Payload())
	}
	text, err := json.MarshalIndent(u.Record, "", "  ")
	if err != nil {
		return nil, err
	}
	u.add(recordName, bytes.NewReader(append(text, '\n')))
	return u, nil
}

func recordOf(b *boot.Image) Record {
	r := Record{Schema: recordSchema, Kind: "boot", Version: b.Version, Page: b.Page, Facts: b.Facts()}
	if b.Vendor {
		r.Kind = "vendor_boot"
	}
	for i := range b.Parts {
		p := &b.Parts[i]
		pr := PartRecord{Name: p.Name, Label: p.Label, Size: p.Payload().Size()}
		if p.Section != nil {
			pr.Section = p.Section.Name
		}
		r.Parts = append(r.Parts, pr)
	}
	return r
}

func (u *Unpacked) add(name string, img flash.Image) {
	u.Files = append(u.Files, flash.Output{Name: name, Image: img})
}

// addTree adds the files of a ramdisk and their list.
func (u *Unpacked) addTree(r *PartRecord, rd *ramdisk.Ramdisk) {
	r.Tree, r.List = r.Name, r.Name+".list"
	var packed []string
	for _, s := range rd.Segments {
		packed = append(packed, string(s.Compression))
	}
	r.Compression = strings.Join(packed, ", ")
	list := bytes.NewBufferString(listHead)
	names, odd, last := treeNames{}, 0, lastOf(rd)
	for _, e := range rd.Entries() {
		l := lineOf(e)
		if e.Type() == ramdisk.File {
			path, ok := pathOf(e), last[pathOf(e)] == e // of two of one name the later counts
			if ok {
				path, ok = names.place(e.Header)
			}
			path = r.Tree + "/" + path
			if !ok {
				odd++
				path = fmt.Sprintf("%s.odd/%d", r.Tree, odd)
				l.in = path
			}
			u.add(path, bytes.NewReader(e.Data))
		}
		fmt.Fprintln(list, l)
		if _, safe := e.Path(); !safe {
			u.Problems.Add(flash.Warning, r.List, "the name %q points out of the ramdisk: nothing is written there", e.Name)
		}
	}
	u.add(r.List, bytes.NewReader(list.Bytes()))
}

// lastOf is the entry that a phone sees under each path: the last.
func lastOf(rd *ramdisk.Ramdisk) map[string]*ramdisk.Entry {
	out := map[string]*ramdisk.Entry{}
	for _, e := range rd.Entries() {
		out[pathOf(e)] = e
	}
	return out
}
