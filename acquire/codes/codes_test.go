package codes

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	name := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	for _, c := range columns {
		seen := map[string]string{}
		for _, line := range lines(*c.text) {
			r, err := readRow(line, c.tools)
			if err != nil {
				t.Fatal(err)
			}
			cs, err := r.codes()
			if err != nil || len(cs) == 0 {
				t.Errorf("%q: %v, %v", line, cs, err)
			}
			for _, n := range append([]string{r.name}, r.aliases...) {
				if !name.MatchString(n) || seen[n] != "" {
					t.Errorf("%q: the name is none, or also that of %q", line, seen[n])
				}
				seen[n] = line
			}
			for i, n := range r.numbers {
				key := c.tools[i].String() + n
				if n != "-" && seen[key] != "" {
					t.Errorf("%q: the number is also that of %q", line, seen[key])
				}
				seen[key] = line
			}
			if strings.HasSuffix(r.meaning, ".") {
				t.Errorf("%q ends in a period", line)
			}
		}
	}
	for n, r := range remedies {
		if r.Cause == "" || r.Cure.Text == "" || strings.HasSuffix(r.Cure.Text, ".") {
			t.Errorf("%s: %+v", n, r)
		}
	}
}

func TestReadRow(t *testing.T) {
	for _, line := range []string{"", "1 2 NAME", "1 2 3 NAME Link", "1 2 3 NAME NoSuchRemedy meaning"} {
		if r, err := readRow(line, columns[0].tools); err == nil {
			t.Errorf("%q was taken as %+v", line, r)
		}
	}
}

// Sentences are written as they are looked for, and what they stand for is known.
func TestPhrases(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range loadPhrases() {
		if p.words != plain(p.words) || seen[p.words] {
			t.Errorf("%q is not plain, or there twice", p.words)
		}
		seen[p.words] = true
		a := Find("ERROR: " + strings.ToUpper(p.words) + "!")
		if len(p.names) > 0 && (len(a.Codes) == 0 || a.Codes[0].FullName() != p.names[0]) {
			t.Errorf("%q: %v, not %v", p.words, a.Codes, p.names)
		}
		if p.Remedy != nil && (len(a.Messages) != 1 || a.Messages[0].Meaning == "") {
			t.Errorf("%q: %v", p.words, a)
		}
	}
}

// found are the codes found, as strings.
func found(query string) []string {
	var out []string
	for _, c := range Find(query).Codes {
		out = append(out, c.String())
	}
	return out
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
		"[EMI] Enable DRAM Failed! (4032)":                                   {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)"},
		"0xC0060001":                                                         {"STATUS_BROM_CMD_STARTCMD_FAIL (0xC0060001)"},
		"c0060001":                                                           {"STATUS_BROM_CMD_STARTCMD_FAIL (0xC0060001)"},
		"STATUS_BROM_CMD_STARTCMD_FAIL":                                      {"STATUS_BROM_CMD_STARTCMD_FAIL (0xC0060001)"},
		"BROM_CMD_STARTCMD_FAIL":                                             {"S_BROM_CMD_STARTCMD_FAIL (2005, 0x7D5)", "S_BROM_CMD_STARTCMD_FAIL (2005, 0x7D5)", "STATUS_BROM_CMD_STARTCMD_FAIL (0xC0060001)"},
		"S_BROM_CMD_STARTCMD_FAIL (0xC0060001)":                              {"STATUS_BROM_CMD_STARTCMD_FAIL (0xC0060001)"},
		"0x1D0D":                                                             {"SLA_REQUIRED (0x1D0D)"},
		"1d0d":                                                               {"SLA_REQUIRED (0x1D0D)"},
		"status: 7442":                                                       {"DA_INVALID_ADDR_AND_LEN (0x1D12)"},
		"7015":                                                               {"DAA_SECURITY_ERROR_SIGNATURE (0x7015)"},
		"1011":                                                               {"S_NOT_ENOUGH_STORAGE_SPACE (1011, 0x3F3)", "S_COM_PORT_OPEN_FAIL (1011, 0x3F3)"},
		"0xBC4":                                                              {"S_DA_DEVICE_NOT_FOUND (3012, 0xBC4)", "S_DA_NAND_FLASH_NOT_FOUND (3012, 0xBC4)", "S_DA_NAND_FLASH_NOT_FOUND (3012, 0xBC4)"},
		"S_COM_PORT_OPEN_FAIL (9)":                                           {"S_COM_PORT_OPEN_FAIL (1013, 0x3F5)", "S_COM_PORT_OPEN_FAIL (1011, 0x3F3)"},
		"STATUS_ERR":                                                         {"STATUS_ERR (0xC0010001)"},
		"err":                                                                {"STATUS_ERR (0xC0010001)"},
		"STATUS_DA_VERSION_INCORRECT":                                        {"STATUS_DA_VERSION_INCORRECT (0xC0070001)"},
		"(-1073348605)":                                                      {"STATUS_BROM_CMD_SEND_DA_FAIL (0xC0060003)"},
		"-1073545198":                                                        {"STATUS_SEC_AUTH_FILE_NEEDED (0xC0030012)"},
		"3221422098":                                                         {"STATUS_SEC_AUTH_FILE_NEEDED (0xC0030012)"},
		"0xFFFFFFFFC0030012":                                                 {"STATUS_SEC_AUTH_FILE_NEEDED (0xC0030012)"},
		"18446744072636006418":                                               {"STATUS_SEC_AUTH_FILE_NEEDED (0xC0030012)"},
		"-0x3FFCFFEE":                                                        {"STATUS_SEC_AUTH_FILE_NEEDED (0xC0030012)"},
		"0xC0030012L":                                                        {"STATUS_SEC_AUTH_FILE_NEEDED (0xC0030012)"},
		"BROM ERROR - 4032 - S_FT_ENABLE_DRAM_FAIL":     {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)"},
		"DA hash mismatch":                              {"STATUS_DA_HASH_MISMATCH (0xC0070004)"},
		"6012 FORMAT_FORBIDDEN":                         {"S_SECURITY_SF_CODE_FORMAT_FORBIDDEN (6012, 0x177C)"},
		"S_DL_GET_DRAM_SETTINGS_FAIL (5054)":            {"S_DL_GET_DRAM_SETTING_FAIL (5054, 0x13BE)", "S_DL_GET_DRAM_SETTING_FAIL (5054, 0x13BE)"},
		"S_DA_SDMMC_WRITE_FAILED (3149)":                {"S_DA_SDMMC_WRITE_FAILED (3149, 0xC4D)"},
		"0":                                             {"S_DONE (0, 0x0)", "S_DONE (0, 0x0)", "STATUS_OK (0x0)"},
		"2021-03-04 20:05:01 v5.2032 handset connected": nil,
		"read 4096 bytes at 8192":                       nil,
		"Operation timeout on COM4":                     nil,
		"STATUS_DA_NAND_OTP_LOCK_FAIL (0xC0040102)":     {"STATUS_DA_NAND_OTP_LOCK_FAIL (0xC0040102)"},
		"status_code = 0xC0060005":                      {"STATUS_BROM_CMD_FAIL (0xC0060005)"},
		"STATUS_CODE: 0xC0060005":                       {"STATUS_BROM_CMD_FAIL (0xC0060005)"},
		"BROM_ERROR : S_FT_ENABLE_DRAM_FAIL (4032)":     {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)"},
		"ret = 4294963264":                              {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)", "S_FT_SEC_RO_WRITE_FAIL (4032, 0xFC0)"},
		"status_err = 0xC0050003":                       {"STATUS_DOWNLOAD_EXCEPTION (0xC0050003)"},
		"S_DONE status 4032":                            {"S_FT_ENABLE_DRAM_FAIL (4032, 0xFC0)", "S_FT_SEC_RO_WRITE_FAIL (4032, 0xFC0)"},
		"unknown STATUS_ERR 0xc0070004":                 {"STATUS_DA_HASH_MISMATCH (0xC0070004)"},
		"STATUS_ERR (0xC0010001)":                       {"STATUS_ERR (0xC0010001)"},
		"download 100% in 4032 s ok":                    nil,
		"4032 bytes in 4032ms, 4032 KB/s":               nil,
		"9999":                                          nil,
		"":                                              nil,
		"FAIL":                                          nil,
		"S_":                                            nil,
	} {
		if got := found(query); !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q", query, got, want)
		}
	}
}

// A name that is not known says so, whatever its number is elsewhere; labels of a log and
// names that are known in another tool are no such names.
func TestUnknownName(t *testing.T) {
	for query, want := range map[string]struct {
		unknown string
		others  bool
	}{
		"S_DA_NO_SUCH_THING (3149)":              {"S_DA_NO_SUCH_THING", true},
		"BROM ERROR : S_FT_NOT_SEEN_FAIL (4010)": {"S_FT_NOT_SEEN_FAIL", true},
		"STATUS_TIMEOUT":                         {"STATUS_TIMEOUT", false},
		"STATUS_QUITE_NEW (0xC0050005)":          {"STATUS_QUITE_NEW", true},
		"QUITE_NEW_FAILED (0x1D0D)":              {"QUITE_NEW_FAILED", true},
	} {
		a := Find(query)
		if len(a.Codes) > 0 || !slices.Equal(a.Unknown, []string{want.unknown}) || (len(a.Others) > 0) != want.others {
			t.Errorf("%q: %+v", query, a)
		}
	}
	for _, query := range []string{"M_EXT_RAM_RET 3012", "send_da cmd status: 7442", "upload_data failed with error: Unknown: 0x1d18"} {
		if a := Find(query); len(a.Unknown) > 0 || len(a.Codes) == 0 {
			t.Errorf("%q: %+v", query, a)
		}
	}
}

// Where a known name stands beside another's number, the name is explained, and what the
// number is elsewhere is said, too.
func TestNameAndOtherNumber(t *testing.T) {
	a := Find("S_FT_READBACK_FAIL (4032)")
	if len(a.Codes) == 0 || a.Codes[0].Name != "FT_READBACK_FAIL" {
		t.Errorf("%+v", a.Codes)
	}
	if len(a.Others) == 0 || a.Others[0].Name != "FT_ENABLE_DRAM_FAIL" {
		t.Errorf("others: %+v", a.Others)
	}
}

// Every code is found by its line as its tool writes it, by its number in each way that
// tools print one, and by nothing else's name.
func TestEveryLine(t *testing.T) {
	for _, c := range all() {
		if c.Number == 0 {
			continue
		}
		for _, line := range []string{
			fmt.Sprintf("BROM ERROR : %s (%d)", c.FullName(), c.Number),
			fmt.Sprintf("ERROR : %s (0x%X) , MSP ERROE CODE : 0x00", c.FullName(), c.Number),
			fmt.Sprintf("Failed to Connect DA: %s(%d)", c.FullName(), int32(c.Number)),
			fmt.Sprintf("%d %s", c.Number, strings.ToLower(c.FullName())),
		} {
			if !strings.Contains(c.FullName(), "_") && strings.HasSuffix(line, strings.ToLower(c.Name)) {
				continue // a single plain word beside a plain number is no error
			}
			a := Find(line)
			if !slices.Contains(a.Codes, c) || len(a.Unknown)+len(a.Others) > 0 {
				t.Fatalf("%q: %+v", line, a)
			}
			for _, other := range a.Codes {
				if other.Name != c.Name || other.Number != c.Number {
					t.Errorf("%q: also %v", line, other)
				}
			}
		}
		number := fmt.Sprint(int32(c.Number))
		if got := Find(number).Codes; !slices.Contains(got, c) {
			t.Errorf("%s: %v, without %v", number, got, c)
		}
		unknown := fmt.Sprintf("ERROR : S_ZZZ_QQQQQQQQ_XXXX (0x%X)", c.Number)
		if a := Find(unknown); len(a.Codes) > 0 || !slices.Contains(a.Others, c) {
			t.Errorf("%q: %+v", unknown, a)
		}
	}
}

// The codes that MediaTek users ask about most, as one list has them: none may be missing.
func TestKnown(t *testing.T) {
	for q := range strings.FieldsSeq(`1003 1011 1013 1022 1040 1041 2004 2005 2034 2035 3001 3178 4001 4008 4009 4010 4017 4018 4032
		5000 5007 5054 5069 6012 6015 6018 6031 6032 6045 8038 8045 8417 0xC0060001 0xC0060002 0xC0060003 0xC0060004 0xC0060005
		0xC0050005 0xC0050007 0xC0040030 0xC0040060 0xC004000B 0xC0030012 0xC0020003 0xC0020004 0xC0020053 0xC0070001 0xC0070002
		0xC0070003 0xC0070004 0xC0010003 0xC0010004 0xC0010005 0xC0010006 0xC0030006 0xC0030008 0xC003000C 0xC0040001 0x1D0C 0x1D0D 0x1D1D 0x1A1D 0x7015 0x7017 0x1D1A`) {
		if len(Find(q).Codes) == 0 {
			t.Errorf("%s is not explained", q)
		}
	}
}

// What agents themselves answer with has the meaning that it has there, too: the tool's own
// words for the same number speak of files and checks that reading knows nothing of.
func TestAgentsOwn(t *testing.T) {
	for number, want := range map[uint32]string{
		0xC0010003: "lacks this command", 0xC0010004: "control code", 0xC0010005: "magic number", 0xC0010006: "longer than its buffer",
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
		"0xC00500F5":            "STATUS_EXT_RAM_EXCEPTION",
		"S_FT_ENBALE_DRAM_FAIL": "S_FT_ENABLE_DRAM_FAIL",
	} {
		if a := Find(query); len(a.Codes) > 0 {
			t.Errorf("%q is known: %v", query, a.Codes)
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
		found := Find(q).Codes
		if near := Near(q, 5); len(near) > 5 {
			t.Errorf("%d near ones", len(near))
		}
		for _, c := range found { // whatever was found is found by its own name and number
			if got := Find(c.String()).Codes; !slices.Contains(got, c) {
				t.Errorf("%v finds %v", c, got)
			}
		}
	})
}

func TestMerge(t *testing.T) {
	a, b := Code{Number: 1, Tool: SPFlashTool, Name: "A"}, Code{Number: 1, Tool: SPFlashTool3, Name: "A"}
	c := Code{Number: 1, Tool: FlashTool, Name: "C"}
	got := Merge([]Code{a, c, b})
	if len(got) != 2 || got[0].Name != "A" || !slices.Equal(got[0].Tools, []Tool{SPFlashTool, SPFlashTool3}) || got[1].Name != "C" {
		t.Errorf("%v", got)
	}
	if Clash([]Code{a, b}) || !Clash([]Code{a, c}) {
		t.Error("one number with two names is a clash, with one name none")
	}
}
