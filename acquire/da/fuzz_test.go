package da

import (
	"bytes"
	"testing"
)

// Whatever the file is: no panic, no large allocation, and every stage of every entry
// lies within the file and can be read.
func FuzzRead(f *testing.F) {
	f.Add(made())
	f.Add(made()[:0x6c+30])
	f.Fuzz(func(t *testing.T, b []byte) {
		img := bytes.NewReader(b)
		c, err := Read(img)
		if err != nil {
			return
		}
		if !Sniff(img) {
			t.Error("read, but not sniffed")
		}
		for i, e := range c.Entries[:min(len(c.Entries), 4)] {
			if f, err := c.Facts(i); err != nil || len(f.Stages) > 2 {
				t.Errorf("%+v, %v", f, err)
			}
			for _, chip := range c.Chips(i) {
				if chip.Name() == "" {
					t.Error("a chip without a name")
				}
			}
			for _, s := range e.Regions {
				if s.Offset < 0 || s.Length < 0 || s.End() > img.Size() || int64(s.Signature) > s.Length {
					t.Errorf("stage %+v in %d bytes", s, len(b))
				}
				if _, err := c.bytes(s); err != nil {
					t.Error(err)
				}
			}
			if got, err := c.For(e.Code, e.HWVersion, e.SWVersion); err == nil && got.Code != e.Code && !c.IsXML() {
				t.Errorf("0x%x is chosen for 0x%x", got.Code, e.Code)
			}
		}
	})
}

// A header that is taken has a length within bounds.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("\xef\xee\xee\xfe\x01\x00\x00\x00\x04\x00\x00\x00"))
	f.Add([]byte("\xef\xee\xee\xfe\x02\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h [headerSize]byte
		copy(h[:], b)
		kind, n, err := parseHeader(h)
		if err == nil && kind != typeProtocol && n > maxLog {
			t.Errorf("type %d, %d bytes", kind, n)
		}
	})
}

// XML is taken or refused, never followed; what is taken is bounded.
func FuzzXML(f *testing.F) {
	f.Add("<host><command>CMD:END</command><arg><result>OK</result></arg></host>\x00")
	f.Add(`<!DOCTYPE x [<!ENTITY a "&a;">]><x>&a;</x>`)
	f.Add("OK@0x1000")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := parseMessage([]byte(s))
		if (err == nil) == (m == nil) {
			t.Errorf("%v, %v", m, err)
		}
		if len(m) > 2*maxElements {
			t.Errorf("%d names", len(m))
		}
		for _, v := range m {
			if len(v) > len(s) {
				t.Errorf("%d bytes out of %d", len(v), len(s))
			}
		}
		if v, err := answer(s); err == nil && len(v) > len(s) {
			t.Error(v)
		}
	})
}
