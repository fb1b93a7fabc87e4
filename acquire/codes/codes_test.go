package codes

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	name := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	for tool, table := range tables {
		if !slices.IsSortedFunc(table, func(a, b row) int { return int(int64(a.number) - int64(b.number)) }) {
			t.Errorf("%v: not in the order of the numbers", Tool(tool))
		}
		for i, r := range table {
			if i > 0 && table[i-1].number == r.number {
				t.Errorf("%v: %d is there twice", Tool(tool), r.number)
			}
			if !name.MatchString(r.name) || r.meaning == "" || r.remedy == nil || strings.HasSuffix(r.meaning, ".") {
				t.Errorf("%v: %+v", Tool(tool), r)
			}
		}
	}
	for _, r := range []*Remedy{Handshake, Port, Link, Silence, Agent, AgentPair, DRAM, NoDRAM, Auth, SLA, Signature,
		Policy, Range, NoFlash, Medium, Files, Layout, Disk, Fault, Optional, Rollback, Nothing} {
		if r.Cause == "" || r.Cure == "" || strings.HasSuffix(r.Cure, ".") {
			t.Errorf("%+v", r)
		}
	}
}

func TestFind(t *testing.T) {
	for query, want := range map[string][]string{
		"4032":                         {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)", "S_FT_SEC_RO_WRITE_FAIL (4032, 0xFC0)"},
		"0xFC0":                        {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)", "S_FT_SEC_RO_WRITE_FAIL (4032, 0xFC0)"},
		"S_FT_ENABLE_DRAM_FAIL":        {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)", "S_FT_ENABLE_DRAM_FAIL (4034, 0xFC2)"},
		"ft_enable_dram_fail":          {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)", "S_FT_ENABLE_DRAM_FAIL (4034, 0xFC2)"},
		"ENABLE_DRAM_FAIL":             {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)", "S_FT_ENABLE_DRAM_FAIL (4034, 0xFC2)"},
		"enable_dram":                  {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)", "S_FT_ENABLE_DRAM_FAIL (4034, 0xFC2)"},
		"S_FT_ENABLE_DRAM_FAIL (4032)": {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)"},
		"BROM ERROR : S_FT_ENABLE_DRAM_FAIL (4034) , MSP ERROE CODE : 0x00.": {"S_FT_ENABLE_DRAM_FAIL (4034, 0xFC2)"},
		"0xC0060001":                    {"STATUS_BROM_CMD_STARTCMD_FAIL (0xC0060001)"},
		"c0060001":                      {"STATUS_BROM_CMD_STARTCMD_FAIL (0xC0060001)"},
		"STATUS_BROM_CMD_STARTCMD_FAIL": {"S_BROM_CMD_STARTCMD_FAIL (2005, 0x7D5)", "S_BROM_CMD_STARTCMD_FAIL (2005, 0x7D5)", "STATUS_BROM_CMD_STARTCMD_FAIL (0xC0060001)"},
		"0x1D0D":                        {"SLA_REQUIRED (0x1D0D)"},
		"1d0d":                          {"SLA_REQUIRED (0x1D0D)"},
		"7015":                          {"DAA_SECURITY_ERROR_SIGNATURE (0x7015)"},
		"1011":                          {"S_NOT_ENOUGH_STORAGE_SPACE (1011, 0x3F3)", "S_COM_PORT_OPEN_FAIL (1011, 0x3F3)"},
		"0xBC4":                         {"S_DA_DEVICE_NOT_FOUND (3012, 0xBC4)", "S_DA_NAND_FLASH_NOT_FOUND (3012, 0xBC4)"},
		"S_COM_PORT_OPEN_FAIL (9)":      {"S_COM_PORT_OPEN_FAIL (1003, 0x3EB)", "S_COM_PORT_OPEN_FAIL (1013, 0x3F5)", "S_COM_PORT_OPEN_FAIL (1011, 0x3F3)"},
		"9999":                          nil,
		"":                              nil,
		"FAIL":                          nil,
		"S_":                            nil,
	} {
		var got []string
		for _, c := range Find(query) {
			got = append(got, c.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q", query, got, want)
		}
	}
}

// The codes that MediaTek users ask about most, as one list has them: none may be missing.
func TestKnown(t *testing.T) {
	for _, q := range strings.Fields(`1003 1011 1013 1022 1040 1041 2004 2005 2034 2035 3001 3178 4001 4008 4009 4010 4017 4018 4032
		5000 5007 5054 5069 6012 6015 6018 6031 6032 6045 8038 8045 8417 0xC0060001 0xC0060002 0xC0060003 0xC0060004 0xC0060005
		0xC0050005 0xC0050007 0xC0040030 0xC0040060 0xC004000B 0xC0030012 0xC0020003 0xC0020004 0xC0020053 0xC0070001 0xC0070002
		0xC0070003 0xC0070004 0xC0010003 0xC0010004 0xC0010005 0xC0010006 0xC0030006 0xC0030008 0xC003000C 0xC0040001 0x1D0C 0x1D0D 0x1D1D 0x1A1D 0x7015 0x7017 0x1D1A`) {
		if len(Find(q)) == 0 {
			t.Errorf("%s is not explained", q)
		}
	}
}

// What agents themselves answer with has the meaning that it has there, too: the tool's own
// words for the same number speak of files and checks that reading knows nothing of.
func TestAgentsOwn(t *testing.T) {
	for number, want := range map[uint32]string{
		0xC0010003: "lacks this command", 0xC0010004: "control code", 0xC0010005: "begin", 0xC0010006: "longer than its buffer",
		0xC0030006: "not set up", 0xC0030008: "a question", 0xC003000C: "RPMB", 0xC0040001: "lacks this", 0xC004000B: "end of the flash",
	} {
		c, ok := Lookup(XFlash, number)
		if !ok || !strings.Contains(c.Meaning, want) {
			t.Errorf("0x%X: %q, without %q", number, c.Meaning, want)
		}
	}
	if c, _ := Lookup(XFlash, 0xC003000C); c.Remedy != Optional {
		t.Errorf("a section that is not there is no fault: %+v", c)
	}
}

func TestNear(t *testing.T) {
	for query, want := range map[string]string{
		"40322":                 "S_FT_ENABLE_DRAM_FAIL",
		"0xC0050009":            "STATUS_EXT_RAM_EXCEPTION",
		"S_FT_ENBALE_DRAM_FAIL": "S_FT_ENABLE_DRAM_FAIL",
	} {
		if found := Find(query); len(found) > 0 {
			continue
		}
		near := Near(query, 8)
		if !slices.ContainsFunc(near, func(c Code) bool { return c.FullName() == want }) {
			t.Errorf("%q: near are %v, without %s", query, near, want)
		}
	}
	if near := Near("4", 5); len(near) > 5 {
		t.Errorf("%d near ones, at most 5 were wanted", len(near))
	}
}

func FuzzFind(f *testing.F) {
	f.Add("BROM ERROR : S_FT_ENABLE_DRAM_FAIL (4032)")
	f.Add("0xFFFFFFFFFFFFFFFF 0x 00 _")
	f.Fuzz(func(t *testing.T, q string) {
		found := Find(q)
		if near := Near(q, 5); len(near) > 5 {
			t.Errorf("%d near ones", len(near))
		}
		for _, c := range found { // whatever was found is found by its own name and number
			if got := Find(c.String()); !slices.Contains(got, c) {
				t.Errorf("%v finds %v", c, got)
			}
		}
	})
}
