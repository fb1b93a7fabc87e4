package da

import (
	"errors"
	"strings"
	"testing"
)

func TestParseMessage(t *testing.T) {
	const text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<host >\n <version>1.0</version><!-- a word -->\n" +
		"<command a='b'>\tCMD:UPLOAD-FILE </command><arg><info>a &lt; b</info><emmc><user_size> 0x1000 </user_size></emmc>" +
		"<ufs><user_size>7</user_size></ufs></arg></host>\x00"
	m, err := parseMessage([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"command": "CMD:UPLOAD-FILE", "info": "a < b", "user_size": "0x1000",
		"emmc.user_size": "0x1000", "ufs.user_size": "7", "other": ""} {
		if m[name] != want {
			t.Errorf("%s is %q, want %q", name, m[name], want)
		}
	}
	if n, err := m.number("emmc.user_size"); n != 4096 || err != nil {
		t.Error(n, err)
	}
}

func TestHostileXML(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>`
	for name, text := range map[string]string{
		"nothing":        "",
		"no element":     "hello",
		"entity bomb":    bomb,
		"external file":  `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>`,
		"not closed":     "<a><b>",
		"wrongly closed": "<a></b>",
		"deep":           strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000),
		"many":           "<a>" + strings.Repeat("<b/>", 100000) + "</a>",
		"other charset":  `<?xml version="1.0" encoding="utf-16"?><a>b</a>`,
	} {
		if m, err := parseMessage([]byte(text)); !errors.Is(err, ErrProtocol) || m != nil {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	if _, err := parseNumber("0xZZ"); !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
}

func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		in, value string
		code      uint32
		is        error
	}{
		{"OK", "", 0, nil},
		{"OK@0x1000", "0x1000", 0, nil},
		{"OK!PROGRESS@3", "3", 0, nil},
		{"OK!EOT", "", 0, nil},
		{"ERR!UNSUPPORTED", "", 0, nil},
		{"ERR!hash 0xC0070004", "", codeHashMismatch, ErrMismatch},
		{"OKAY", "", 0, ErrProtocol},
		{"", "", 0, ErrProtocol},
	} {
		v, err := answer(c.in)
		var s *StatusError
		if v != c.value || refusal(err) != strings.HasPrefix(c.in, "ERR") || c.is != nil && !errors.Is(err, c.is) || errors.As(err, &s) && s.Code != c.code ||
			c.is == nil && err != nil && !refusal(err) {
			t.Errorf("%q: %q, %v", c.in, v, err)
		}
	}
}
