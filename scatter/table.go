package scatter

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Table turns the rows into partitions with addresses. userSize is the size of the
// phone's user area in bytes, 0 if unknown; then rows that are counted from its end
// stay flash.Unplaced. Every row has one partition, in the same order. The Problems
// list the faults of rows, with their lines.
//
// Old scatter files (MBR generation) differ in the meaning of their two address
// columns: the physical addresses may all be zero, and both columns may include the
// boot regions. In all of them, the distance from the MBR row is the offset in the user
// area. In V1 files the rows before the MBR row are in the first boot region. Lists
// have no sizes: a row ends where the next one begins, and the last runs to the end.
func (f *File) Table(userSize int64) *flash.Table {
	b := f.build(userSize)
	t := &flash.Table{Format: "scatter", Problems: b.problems}
	for _, e := range b.rows {
		t.Partitions = append(t.Partitions, e.Partition)
	}
	return t
}

// build computes the offsets of the rows.
func (f *File) build(userSize int64) *builder {
	b := &builder{file: f, size: max(userSize, 0), sizeless: f.Dialect.bare(), problems: append([]flash.Problem(nil), f.Problems...)}
	for i := range f.Rows {
		b.rows = append(b.rows, b.entry(i))
	}
	b.findBase()
	for i := range b.rows {
		b.place(&b.rows[i])
	}
	b.resolveReserved()
	b.resolveToEnd()
	return b
}

// entry is a row and the partition that is made from it.
type entry struct {
	flash.Partition
	row              *Row
	linear, physical address
	sizeOK           bool  // partition_size is a number
	counted          bool  // the address is a count of blocks from the end
	count            int64 // that count
}

// address is one address column of a row.
type address struct {
	value uint64
	ok    bool // it is a number
	end   bool // it is a count from the end (reserved rows only)
}

func (a address) real() bool   { return a.ok && !a.end }
func (a address) count() int64 { return int64(a.value & 0xFFFF) }

type builder struct {
	file     *File
	size     int64 // of the user area, 0 unknown
	sizeless bool  // the file has no sizes; a missing size is then no fault of a row
	base     *entry
	rows     []entry
	problems flash.Problems
	findings []Finding // the problems of the rows again, for Check
}

func (b *builder) problem(s flash.Severity, e *entry, key, text string, args ...any) {
	line := e.row.Line
	if f := e.row.Find(key); f != nil {
		line = f.Line
	}
	if e.Name == "" && e.Reserved {
		s = min(s, flash.Note) // nobody can ask for a row without a name, so no partition is lost
	}
	rule := RuleAddress
	switch {
	case e.counted:
		rule = RuleSentinel
	case key == "partition_size":
		rule = RuleSize
	}
	b.findings = append(b.findings, Finding{rule, line, s, e.Name, fmt.Sprintf(text, args...)})
	b.problems = append(b.problems, lineProblem(s, e.Name, line, text, args...))
}

// entry reads the values of a row; place computes the address.
func (b *builder) entry(i int) entry {
	r := &b.file.Rows[i]
	e := entry{row: r}
	e.Partition = flash.Partition{
		Index:     i,
		Name:      r.Get("partition_name"),
		Download:  isTrue(r.Get("is_download")),
		Type:      r.Get("type"),
		Operation: r.Get("operation_type"),
		Witness:   flash.WitnessScatter,
	}
	if file := r.Get("file_name"); !strings.EqualFold(file, "NONE") {
		e.File = file
	}
	e.Region = region(r.Get("region"), e.Name, b.file.Info.Storage)
	e.Reserved = isTrue(r.Get("is_reserved")) || strings.EqualFold(e.Operation, "RESERVED")
	// Some dump tools do not mark the pool as reserved, and it has no address.
	e.Reserved = e.Reserved || (isPool(&e) || e.Name == "") && isCount(r.Get("linear_start_addr")) && isCount(r.Get("physical_start_addr"))
	e.Offset = flash.Unplaced
	e.linear = readAddress(r.Get("linear_start_addr"), e.Reserved)
	e.physical = readAddress(r.Get("physical_start_addr"), e.Reserved)
	if e.sizeOK = b.sizeless; !b.sizeless {
		b.readSize(&e)
	}
	return e
}

func (b *builder) readSize(e *entry) {
	size, ok := number(e.row.Get("partition_size"))
	x, err := flash.NewExtent(0, size)
	switch {
	case !ok:
		b.problem(flash.Error, e, "partition_size", "partition_size %q is not a number", e.row.Get("partition_size"))
	case err != nil:
		b.problem(flash.Error, e, "partition_size", "partition_size 0x%x is beyond any device", size)
	default:
		e.Length, e.sizeOK = x.Length, true
	}
}

func isTrue(s string) bool { return strings.EqualFold(s, "true") }

// readAddress reads one column. On a reserved row 0xFFFFnnnn is a count from the end,
// and so is its 64-bit form 0xFFFFFFFFFFFFnnnn. The whole number is compared, because a
// real address above 4 GiB may end in the same digits.
func readAddress(s string, reserved bool) address {
	v, ok := number(s)
	top := v >> 16
	return address{v, ok, ok && reserved && (top == 0xFFFF || top == 0xFFFFFFFFFFFF)}
}

// region returns one spelling of a region's name. Joined regions keep their name. A row
// without a region gets the region of its storage.
func region(s, name string, storage flash.Storage) flash.Region {
	switch s = strings.ToUpper(s); s {
	case "", "NONE":
		if strings.HasPrefix(strings.ToUpper(name), "PRELOADER") {
			return storage.Boot1()
		}
		return storage.User()
	case "EMMC_BOOT1":
		return flash.EMMCBoot1
	case "EMMC_BOOT2":
		return flash.EMMCBoot2
	case "EMMC_RPMP":
		return flash.EMMCRPMB
	}
	return flash.Region(s)
}

// findBase finds the MBR row, from which addresses in old files count.
func (b *builder) findBase() {
	for i := range b.rows {
		if e := &b.rows[i]; strings.EqualFold(e.Name, "MBR") && e.Region.IsUser() && e.linear.real() {
			b.base = e
			return
		}
	}
}

// place gives a row its address, or marks it as counted from the end.
func (b *builder) place(e *entry) {
	switch {
	case e.physical.end && !(e.linear.real() && e.linear.value > 0):
		e.counted, e.count = true, e.physical.count()
		return
	case e.linear.end && !(e.physical.real() && e.physical.value > 0):
		e.counted, e.count = true, e.linear.count()
		return
	}
	at, ok := b.address(e)
	if !ok {
		return
	}
	x, err := flash.NewExtent(at, uint64(e.Length))
	if err != nil {
		b.problem(flash.Error, e, "physical_start_addr", "0x%x+0x%x is beyond any device", at, e.Length)
		e.Length = 0
		return
	}
	e.Extent = x
}

// address finds the row's offset in its region, in bytes. A reserved row may have a
// count from the end in one column and an address in the other. A tool has then filled
// in the address, and the address is right.
func (b *builder) address(e *entry) (uint64, bool) {
	if b.sizeless && b.base != nil && e.linear.real() && e.linear.value < b.base.linear.value {
		e.Region = b.file.Info.Storage.Boot1()
	}
	if b.file.Dialect == List && e.Region.IsBoot() && strings.EqualFold(e.Name, "PRELOADER") && e.physical.real() && e.physical.value > 0 {
		b.problem(flash.Note, e, "physical_start_addr", "0x%x is not an address in the boot region; a preloader is at 0 there, so 0 is used", e.physical.value)
		return 0, true
	}
	if e.Region.IsUser() && b.base != nil {
		return b.addressFromBase(e)
	}
	lin, phys := e.linear, e.physical
	switch {
	case phys.real() && phys.value == 0 && lin.real() && lin.value > 0 && e.Region.IsUser():
		b.problem(flash.Error, e, "physical_start_addr",
			"the physical address is 0, the linear one is 0x%x, and there is no MBR row to count from: the address is not known", lin.value)
		return 0, false
	case phys.real():
		return phys.value, true
	case lin.real():
		if !phys.ok && !b.sizeless {
			b.problem(flash.Warning, e, "physical_start_addr", "physical_start_addr %q is not a number; linear_start_addr 0x%x is used",
				e.row.Get("physical_start_addr"), lin.value)
		}
		return lin.value, true
	}
	b.problem(flash.Error, e, "physical_start_addr", "no address: physical_start_addr %q, linear_start_addr %q",
		e.row.Get("physical_start_addr"), e.row.Get("linear_start_addr"))
	return 0, false
}

// addressFromBase counts from the MBR row. It uses the linear column, which all four
// conventions fill, or else the physical one, unless all of it is zero.
func (b *builder) addressFromBase(e *entry) (uint64, bool) {
	value, base, key := e.linear, b.base.linear, "linear_start_addr"
	if !value.real() {
		value, base, key = e.physical, b.base.physical, "physical_start_addr"
	}
	switch {
	case !value.real() || !base.real():
		b.problem(flash.Error, e, key, "no address: linear_start_addr %q, physical_start_addr %q",
			e.row.Get("linear_start_addr"), e.row.Get("physical_start_addr"))
	case value.value < base.value, value.value == base.value && key == "physical_start_addr":
		b.problem(flash.Error, e, key, "%s 0x%x is not behind the MBR row at 0x%x", key, value.value, base.value)
	default:
		return value.value - base.value, true
	}
	return 0, false
}
