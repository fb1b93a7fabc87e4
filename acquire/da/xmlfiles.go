package da

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// files are the data that a command sends and receives.
type files struct {
	give    []byte                           // for DOWNLOAD-FILE, nil for none
	missing error                            // the error if there is none
	total   int64                            // of an UPLOAD-FILE, -1 for any
	take    func(n int, read readInto) error // is called for each packet of it
}

// readInto fills a buffer from the packet.
type readInto func([]byte) error

// serve does what the agent requests. If the agent ended the command early, it returns the message
// of END.
func (x *xmlAgent) serve(m message, f *files) (end message, err error) {
	switch m["command"] {
	case "CMD:START": // a second START is answered like the first
		return nil, nil
	case "CMD:PROGRESS-REPORT":
		return nil, x.progress()
	case "CMD:FILE-SYS-OPERATION":
		return nil, x.say(fmt.Sprintf("OK@0x%x", len(f.give))) // the agent asks for the file's length
	case "CMD:DOWNLOAD-FILE":
		return nil, x.download(m, f)
	case "CMD:UPLOAD-FILE":
		return x.upload(f)
	}
	return nil, notTaken(m)
}

// progress reads a progress report until its end.
func (x *xmlAgent) progress() error {
	for range 100000 {
		s, err := x.text(startWait)
		if err != nil {
			return err
		}
		if _, err := x.taken(s, nil); err != nil {
			return err
		}
		if err := x.say("OK"); err != nil {
			return err
		}
		if s == "OK!EOT" {
			return nil
		}
	}
	return protocolError("progress without end")
}

// download sends a file in packets of the length that the agent requests.
func (x *xmlAgent) download(m message, f *files) error {
	size, err := m.number("packet_length")
	switch {
	case err != nil:
		return err
	case len(f.give) == 0 && f.missing != nil:
		return f.missing
	case len(f.give) == 0 || size == 0:
		return protocolError("the agent asks for a file in packets of %d bytes", size)
	}
	if err := x.sayOK(fmt.Sprintf("OK@0x%x", len(f.give))); err != nil {
		return err
	}
	for rest := f.give; len(rest) > 0; {
		n := int(min(uint64(len(rest)), size))
		if err := x.sayOK("OK@0x0"); err != nil {
			return err
		}
		if err := x.send(rest[:n]); err != nil {
			return err
		}
		if _, err := x.ok(startWait); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// upload receives a file. An agent that fails in the middle sends ERR instead of a packet, or ends
// the command.
func (x *xmlAgent) upload(f *files) (end message, err error) {
	value, err := x.taken(x.text(flashWait))
	if err != nil {
		return nil, err
	}
	total, err := parseNumber(value)
	switch {
	case err != nil:
		return nil, err
	case f.take == nil, total > largest, f.total >= 0 && int64(total) != f.total:
		return nil, protocolError("the agent sends 0x%x bytes, but 0x%x were requested", total, f.total)
	}
	if err := x.say("OK"); err != nil {
		return nil, err
	}
	for left := int64(total); left > 0; {
		s, err := x.text(flashWait)
		if err == nil && isXML(s) {
			return early(s, left)
		}
		if _, err := x.taken(s, err); err != nil {
			return nil, err
		}
		if err := x.say("OK"); err != nil {
			return nil, err
		}
		n, err := x.header(left, dataWait)
		if err != nil {
			return nil, err
		}
		if err := f.take(n, func(b []byte) error { return x.l.ReadFull(b, dataWait) }); err != nil {
			return nil, err
		}
		if err := x.say("OK"); err != nil {
			return nil, err
		}
		left -= int64(n)
	}
	return nil, nil
}

// taken parses the line that the agent sends before a packet. An ERR, which comes instead of a
// packet that cannot be read, must be answered with OK, too; otherwise the agent waits forever.
func (x *xmlAgent) taken(s string, err error) (value string, _ error) {
	if err != nil {
		return "", err
	}
	value, err = answer(s)
	if refusal(err) {
		if err := x.say("OK"); err != nil {
			return "", err
		}
	}
	return value, err
}

// early parses an END that comes while left bytes of a file are missing.
func early(s string, left int64) (end message, err error) {
	m, err := parseMessage([]byte(s))
	switch {
	case err != nil:
	case m["command"] != "CMD:END":
		err = notTaken(m)
	case result(m) == nil:
		err = protocolError("the agent ended the command although 0x%x bytes are missing", left)
	}
	return m, err
}

// xmlStorage takes the storage and the regions from a hardware report.
func xmlStorage(p *Phone, m message) error {
	kind := strings.ToLower(m["storage"])
	var regions []Region
	var sizes []string
	switch kind {
	case "", "none":
		return ErrNoStorage
	case "emmc":
		p.Storage, p.Sector = flash.EMMC, 512
		for i, s := range []string{"boot1_size", "boot2_size", "rpmb_size", "gp1_size", "gp2_size", "gp3_size", "gp4_size", "user_size"} {
			regions, sizes = append(regions, Region{Name: emmcNames[i], xmlName: emmcXML[i]}), append(sizes, s)
		}
	case "ufs":
		p.Storage, p.Sector = flash.UFS, 4096
		for i, s := range []string{"lua0_size", "lua1_size", "lua2_size"} {
			regions, sizes = append(regions, Region{Name: ufsNames[i], xmlName: ufsXML[i]}), append(sizes, s)
		}
	case "nand":
		p.Storage, p.Sector = flash.NAND, 2048
		regions, sizes = []Region{{Name: flash.NANDWhole, xmlName: "NAND-WHOLE"}}, []string{"total_size"}
	default:
		return fmt.Errorf("%w: storage %.20q", ErrUnsupported, kind)
	}
	for _, name := range []string{"id", kind + "_cid"} {
		if cid, err := hex.DecodeString(m[kind+"."+name]); err == nil && len(cid) > 0 {
			p.CID = cid
		}
	}
	if p.Storage == flash.EMMC {
		p.CID = swapWords(p.CID)
	}
	regions, sizes = rotate(regions), rotate(sizes) // the user area first
	for i, r := range regions {
		n, err := m.number(kind + "." + sizes[i])
		if err == nil {
			err = p.add(r, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rotate moves the last element to the front.
func rotate[T any](s []T) []T { return append([]T{s[len(s)-1]}, s[:len(s)-1]...) }
