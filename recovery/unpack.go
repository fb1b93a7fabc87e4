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

// Names in the folder of an unpacked image.
const (
	OriginalName = "original.img" // the image itself; parts that are not edited are read from it
	recordName   = "image.json"
)

// recordSchema is the version of image.json.
const recordSchema = "mtkkit.boot-image/1"

// Record is image.json: the values of the header, to read and to edit.
type Record struct {
	Schema  string       `json:"schema"`
	Kind    string       `json:"kind"` // "boot" or "vendor_boot"
	Version int          `json:"header_version"`
	Page    int64        `json:"page_size"`
	Facts   boot.Facts   `json:"facts"` // edited values go into the header
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
	List        string `json:"list,omitempty"` // of a ramdisk: its list file
	Compression string `json:"compression,omitempty"`
}

// Unpacked is an image as the files of a folder.
type Unpacked struct {
	Record   Record
	Files    []flash.Output // names are paths with slashes, safe on every system
	Problems flash.Problems
}

// Unpack separates a boot image into files. A ramdisk that cannot be read stays one
// file, and a problem reports it. All ramdisks together may unpack to limit bytes, 0
// for the usual limit.
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
				err = fmt.Errorf("with its hard links it has %s: %w", flash.Size(shown(rd)), &ramdisk.LimitError{Limit: budget.limit})
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
			path, ok := pathOf(e), last[pathOf(e)] == e // of two entries with one name the later one is used
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
			u.Problems.Add(flash.Warning, r.List, "the name %q points outside the ramdisk: nothing is written there", e.Name)
		}
	}
	u.add(r.List, bytes.NewReader(list.Bytes()))
}

// lastOf returns the entry that a phone uses for each path: the last one.
func lastOf(rd *ramdisk.Ramdisk) map[string]*ramdisk.Entry {
	out := map[string]*ramdisk.Entry{}
	for _, e := range rd.Entries() {
		out[pathOf(e)] = e
	}
	return out
}
