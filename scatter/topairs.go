package scatter

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// pairs reduces every row to the content of a list: its name and one address. V1 has
// the linear address, a list of an update package has the address within the region.
func (c *converter) pairs(d document) document {
	f := c.f
	t := f.Table(0)
	var rows []Row
	for i, p := range t.Partitions {
		r := f.Rows[i]
		name, address := r.Get("partition_name"), c.address(r, p)
		switch {
		case !isWord(name):
			c.add(flash.Error, name, r.Line, "a list cannot contain this name; left out")
			continue
		case address == "":
			c.add(flash.Error, name, r.Line, "has no usable address; left out")
			continue
		}
		rows = append(rows, Row{Line: r.Line, Fields: []Field{{Key: "partition_name", Value: name}, {Key: "linear_start_addr", Value: address},
			{Key: "physical_start_addr", Value: address}, {Key: "is_download", Value: boolWord(p.Download || f.Dialect == List && !p.Reserved)}, {Key: "is_reserved", Value: boolWord(p.Reserved)}}})
	}
	if !f.Dialect.bare() {
		c.add(flash.Note, "", 0, "%s contains names and addresses only: sizes, files, types, operations and regions are left out", c.to)
		c.gaps(t)
	}
	if c.to == V1 && c.base == 0 && f.Info.Storage != flash.NAND {
		c.add(flash.Warning, "", 0, "addresses in v1 must count from the first boot region, but this file does not contain the start of the user area: the addresses count from the user area")
	}
	return document{sections: []section{{info: f.Info, rows: rows}}}
}

// address returns the address from the right column, with its spelling if possible.
func (c *converter) address(r Row, p flash.Partition) string {
	lin, phys := readAddress(r.Get("linear_start_addr"), p.Reserved), readAddress(r.Get("physical_start_addr"), p.Reserved)
	switch {
	case lin.end && (phys.end || !phys.ok):
		return r.Get("linear_start_addr")
	case phys.end && !lin.ok:
		return r.Get("physical_start_addr")
	case c.to == V1 && lin.real():
		return r.Get("linear_start_addr")
	case !p.Placed():
		return ""
	case c.to == List && phys.real() && phys.value == uint64(p.Offset):
		return r.Get("physical_start_addr")
	case c.to == V1 && p.Region.IsUser():
		return fmt.Sprintf("0x%x", c.base+p.Offset)
	}
	return fmt.Sprintf("0x%x", p.Offset)
}

// gaps reports the rows that become longer in a list: in a list every row ends at the
// next.
func (c *converter) gaps(t *flash.Table) {
	for i, p := range t.Partitions {
		if !p.Placed() || p.ToEnd || p.Length == 0 {
			continue
		}
		var next *flash.Partition
		for j := range t.Partitions {
			o := &t.Partitions[j]
			if o.Region == p.Region && o.Placed() && o.Offset > p.Offset && (next == nil || o.Offset < next.Offset) {
				next = o
			}
		}
		if next != nil && next.Offset != p.End() && !strings.EqualFold(p.Name, next.Name) {
			c.add(flash.Warning, p.Name, c.f.Rows[i].Line, "ends at 0x%x; in a list it ends at %s at 0x%x", p.End(), next.Name, next.Offset)
		}
	}
}
