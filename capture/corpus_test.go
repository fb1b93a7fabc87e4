package capture_test

import (
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
)

// TestCorpus reads the captures of real phones; what is known of them is stored here.
func TestCorpus(t *testing.T) {
	for _, s := range []struct {
		file     string
		kind     flash.Witness
		rows     int
		base     int64
		verified bool
		sector   int64
		facts    []string
	}{
		{"gmd-info-mt65xx/dumchar_info", capture.KindDumchar, 22, 0x600000, true, 0, []string{
			"boot1 preloader 0x0+0x0 to-end", "user mbr 0x0+0x80000", "user pmt 0x100000+0x400000", "user uboot 0x2120000+0x60000",
			"user android 0x4180000+0x40000000", "user fat 0xdc180000+0x2c65a0000", "user bmtpool ?+0x1500000 reserved"}},
		{"quoted-mtkclient-printgpt/oneline-format.excerpt.txt", capture.KindPrintGPT, 8, 0, true, 0, []string{
			"user mcupm1 0x6200000+0x100000", "user lk1 0x7300000+0x600000", "user btd 0x8900000+0x700000"}},
		{"quoted-mtkclient-printgpt/twoline-format-samsung-a037m.excerpt.txt", capture.KindPrintGPT, 6, 0, true, 0, []string{
			"user efs 0x400000+0x800000", "user nvram 0x1800000+0x4000000", "user scp1 0x5900000+0x100000"}},
		{"quoted-mtkclient-printgpt/lk-uart-gpt-mt8183-4k.excerpt.txt", capture.KindLog, 6, 0, false, 0, []string{
			"user cam_vpu3 ?+0x0", "user boot ?+0x0"}},
		{"quoted-moto-fogorow-mt6768/fogorow_partitions.excerpt.csv", capture.KindCSV, 17, 0, true, 0, []string{
			"boot1 preloader 0x0+0x80000", "user pgpt 0x0+0x8000", "user super 0x3c800000+0x200000000", "user mrdump ?+0x1000000 reserved",
			"user otp ?+0x2b00000 reserved", "user sgpt ?+0x8000 reserved"}},
	} {
		t.Run(s.file, func(t *testing.T) {
			c := read(t, s.kind, corpus(t, s.file))
			if len(c.Table.Partitions) != s.rows || c.Base != s.base || c.Verified != s.verified || c.Table.SectorSize != s.sector {
				t.Errorf("%d rows, base 0x%x, verified %v, sectors of %d; %v", len(c.Table.Partitions), c.Base, c.Verified,
					c.Table.SectorSize, c.Table.Problems)
			}
			all := "\n" + strings.Join(rows(c.Table), "\n") + "\n"
			for _, f := range s.facts {
				if !strings.Contains(all, "\n"+f+"\n") {
					t.Errorf("no row %q in%s", f, all)
				}
			}
		})
	}
}

// TestCorpusGUID: Samsung's GUIDs are "ANDROID " and the first letters of the name,
// which shows whether the order of the bytes is right.
func TestCorpusGUID(t *testing.T) {
	c := read(t, capture.KindPrintGPT, corpus(t, "quoted-mtkclient-printgpt/oneline-format.excerpt.txt"))
	for name, want := range map[string]string{"mcupm1": "52444E41-494F-2044-6D63-75706D310000", "dtbo": "52444E41-494F-2044-6474-626F00000000"} {
		if got := c.Table.Find(name).GUID; got != want {
			t.Errorf("%s has %s, want %s", name, got, want)
		}
	}
}

// TestCorpusSectors: with the size the caller knows, the log agrees with the sizes
// these partitions have on such phones.
func TestCorpusSectors(t *testing.T) {
	c, err := capture.ReadSectors(strings.NewReader(corpus(t, "quoted-mtkclient-printgpt/lk-uart-gpt-mt8183-4k.excerpt.txt")), 4096)
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, c.Table, "lu2 cam_vpu3 0x1c600000+0xf00000", "lu2 gz1 0x1d500000+0x1000000", "lu2 gz2 0x1e500000+0x1000000",
		"lu2 nvram 0x1f500000+0x4000000", "lu2 lk 0x23700000+0x100000", "lu2 boot 0x23900000+0x2000000")
	if !c.Verified {
		t.Error("not verified", c.Table.Problems)
	}
}
