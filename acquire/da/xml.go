package da

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/flash"
)

// xmlAgent is a session with an XML (V6) agent. After each command the agent takes the
// lead and asks the host for what it needs, until it says END:
//
//	host                         agent
//	<da> CMD:READ-FLASH …   ──►
//	                        ◄──  OK
//	                        ◄──  <host> CMD:UPLOAD-FILE …      each answered OK:
//	                        ◄──  OK@0x100000                   the whole length
//	                        ◄──  OK@0x0, then a packet of data, and again
//	                        ◄──  <host> CMD:END
//	                        ◄──  <host> CMD:START              ready for the next
type xmlAgent struct {
	packets
	boot
}

// files is what a command gives and takes.
type files struct {
	give    []byte                           // for DOWNLOAD-FILE, nil for none
	missing error                            // what is wrong when there is none
	total   int64                            // of an UPLOAD-FILE, -1 for any
	take    func(n int, read readInto) error // for each packet of it
}

// readInto fills a buffer from the packet.
type readInto func([]byte) error

func (x *xmlAgent) start(ctx context.Context, p *Phone) error {
	const parameters = "<arg><checksum_level>NONE</checksum_level><battery_exist>AUTO-DETECT</battery_exist><da_log_level>ERROR</da_log_level>" +
		"<log_channel>UART</log_channel><system_os>LINUX</system_os></arg><adv><initialize_dram>YES</initialize_dram></adv>"
	const supported = "<arg><host_command>CMD:DOWNLOAD-FILE^1@CMD:FILE-SYS-OPERATION^1@CMD:PROGRESS-REPORT^1@CMD:UPLOAD-FILE^1@</host_command></arg>"
	if err := x.expect("CMD:START", startWait); err != nil {
		return wrap("start of the first stage", err)
	}
	dram := files{give: x.options.DRAM, missing: ErrNeedDRAM}
	at := fmt.Sprintf("0x%x", x.stage.Address)
	boot := "<arg><at_address>" + at + "</at_address><jmp_address>" + at + "</jmp_address><source_file>MEM://0x0:0x" +
		fmt.Sprintf("%x", len(x.plain())) + "</source_file></arg>"
	for _, c := range []struct {
		name, arg string
		f         files
		optional  bool
	}{
		{"SET-RUNTIME-PARAMETER", parameters, files{}, false},
		{"HOST-SUPPORTED-COMMANDS", supported, files{}, false},
		{"NOTIFY-INIT-HW", "<arg></arg>", dram, false},
		{"SET-HOST-INFO", "<arg><info>" + time.Now().UTC().Format("20060102T150405Z") + "</info></arg>", files{}, true},
		{"BOOT-TO", boot, files{give: x.plain()}, false},
		{"HOST-SUPPORTED-COMMANDS", supported, files{}, false},
		{"NOTIFY-INIT-HW", "<arg></arg>", dram, false},
	} {
		err := x.command(c.name, c.arg, c.f)
		if err != nil && !(c.optional && unsupported(err)) {
			return wrap(c.name, err)
		}
	}
	if err := x.sla(); err != nil {
		return wrap("security", err)
	}
	return wrap("GET-HW-INFO", x.hardware(p))
}

// text reads a packet of text.
func (x *xmlAgent) text(wait time.Duration) (string, error) {
	b, err := x.recv(maxXML, wait)
	return strings.TrimRight(string(b), "\x00"), err
}

func (x *xmlAgent) say(s string) error { return x.send(append([]byte(s), 0)) }

// ok reads an answer in one line and returns what stands behind its @.
func (x *xmlAgent) ok(wait time.Duration) (string, error) {
	s, err := x.text(wait)
	if err != nil {
		return "", err
	}
	return answer(s)
}

// request reads a command of the agent's.
func (x *xmlAgent) request(wait time.Duration) (string, message, error) {
	s, err := x.text(wait)
	if err != nil {
		return "", nil, err
	}
	if !strings.HasPrefix(strings.TrimSpace(s), "<") {
		_, err := answer(s)
		if err == nil {
			err = protocolError("%.60q in place of a command", s)
		}
		return "", nil, err
	}
	m, err := parseMessage([]byte(s))
	return m["command"], m, err
}

// expect reads the one command that is due and agrees.
func (x *xmlAgent) expect(command string, wait time.Duration) error {
	got, _, err := x.request(wait)
	if err == nil && got != command {
		err = protocolError("%.40q in place of %s", got, command)
	}
	if err != nil {
		return err
	}
	return x.say("OK")
}

// maxRequests bounds how often an agent asks before it ends a command.
const maxRequests = 1000

// command runs one command to its end. An error that is a *StatusError leaves the agent
// ready for the next.
func (x *xmlAgent) command(name, arguments string, f files) error {
	version := "1.0"
	if name == "SET-RUNTIME-PARAMETER" {
		version = "1.1"
	}
	err := x.say(`<?xml version="1.0" encoding="utf-8"?><da><version>` + version + "</version><command>CMD:" + name +
		"</command>" + arguments + "</da>")
	if err != nil {
		return err
	}
	_, refused := x.ok(dataWait)
	if refused != nil && !refusal(refused) {
		return refused
	}
	for range maxRequests {
		c, m, err := x.request(startWait)
		if err == nil && c != "CMD:END" {
			if err = x.say("OK"); err == nil {
				m, err = x.serve(c, m, &f)
			}
			if err == nil && m == nil {
				continue
			}
		}
		if refusal(err) {
			refused = err
			continue
		}
		if err != nil {
			return err
		}
		if said := m["message"]; said != "" && refused == nil || refused == nil && m["result"] != "OK" {
			refused = says(m["result"] + " " + said)
		}
		if err := x.say("OK"); err != nil {
			return err
		}
		if err := x.expect("CMD:START", startWait); err != nil {
			return err
		}
		return refused
	}
	return protocolError("%s does not end", name)
}

// refusal reports whether err is the agent's word, not the line's failure.
func refusal(err error) bool {
	var s *StatusError
	return errors.As(err, &s)
}

// serve does what the agent asks for. When that was cut short by the end of the
// command, it returns the end's message.
func (x *xmlAgent) serve(command string, m message, f *files) (end message, err error) {
	switch command {
	case "CMD:PROGRESS-REPORT":
		return nil, x.progress()
	case "CMD:FILE-SYS-OPERATION":
		return nil, x.say("OK@0x0")
	case "CMD:DOWNLOAD-FILE":
		return nil, x.download(m, f)
	case "CMD:UPLOAD-FILE":
		return x.upload(f)
	}
	return nil, protocolError("the agent wants %.40q", command)
}

// progress listens to a report until its end.
func (x *xmlAgent) progress() error {
	for range 100000 {
		s, err := x.text(startWait)
		if err != nil {
			return err
		}
		if _, err := answer(s); err != nil {
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

// download sends a file in packets of the length the agent names.
func (x *xmlAgent) download(m message, f *files) error {
	size, err := m.number("packet_length")
	switch {
	case err != nil:
		return err
	case len(f.give) == 0 && f.missing != nil:
		return f.missing
	case len(f.give) == 0 || size == 0:
		return protocolError("the agent wants a file, in packets of %d bytes", size)
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

// sayOK says s and waits for OK.
func (x *xmlAgent) sayOK(s string) error {
	if err := x.say(s); err != nil {
		return err
	}
	_, err := x.ok(startWait)
	return err
}

// upload takes a file. An agent that fails in the middle ends the command instead.
func (x *xmlAgent) upload(f *files) (end message, err error) {
	value, err := x.ok(dataWait)
	if err != nil {
		return nil, err
	}
	total, err := parseNumber(value)
	switch {
	case err != nil:
		return nil, err
	case f.take == nil, total > largest, f.total >= 0 && int64(total) != f.total:
		return nil, protocolError("the agent sends 0x%x bytes, 0x%x were asked for", total, f.total)
	}
	if err := x.say("OK"); err != nil {
		return nil, err
	}
	for left := int64(total); left > 0; {
		s, err := x.text(dataWait)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(strings.TrimSpace(s), "<") {
			m, err := parseMessage([]byte(s))
			if err == nil && (m["command"] != "CMD:END" || m["message"] == "" && m["result"] == "OK") {
				err = protocolError("%.40q with 0x%x bytes to come", m["command"], left)
			}
			return m, err
		}
		if _, err := answer(s); err != nil {
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

// report runs a command that is answered by a file of XML.
func (x *xmlAgent) report(name, arg string) (message, error) {
	var b []byte
	err := x.command(name, "<arg>"+arg+"<target_file>MEM://0x0:0x200000</target_file></arg>", files{total: -1, take: func(n int, read readInto) error {
		if len(b)+n > maxXMLFile {
			return protocolError("a report of more than %d bytes", maxXMLFile)
		}
		b = append(b, make([]byte, n)...)
		return read(b[len(b)-n:])
	}})
	if err != nil {
		return nil, err
	}
	return parseMessage(b)
}

func (x *xmlAgent) sla() error {
	m, err := x.report("GET-SYS-PROPERTY", "<key>DA.SLA</key>")
	if unsupported(err) {
		return nil
	}
	if err == nil && m["item"] == "ENABLED" {
		err = brom.ErrSLA
	}
	return err
}

// hardware asks what there is to read.
func (x *xmlAgent) hardware(p *Phone) error {
	m, err := x.report("GET-HW-INFO", "")
	if err != nil {
		return err
	}
	p.RandomID, _ = hex.DecodeString(m["random_id"])
	kind := strings.ToLower(m["storage"])
	if kind == "" || kind == "none" {
		return ErrNoStorage
	}
	var regions []Region
	var sizes []string
	switch kind {
	case "emmc":
		p.Storage, p.Sector = flash.EMMC, 512
		for i, s := range []string{"boot1_size", "boot2_size", "rpmb_size", "gp1_size", "gp2_size", "gp3_size", "gp4_size", "user_size"} {
			regions, sizes = append(regions, Region{Name: emmcNames[i], xmlName: emmcXML[i]}), append(sizes, s)
		}
		regions, sizes = rotate(regions), rotate(sizes) // the user area first
	case "ufs":
		p.Storage, p.Sector = flash.UFS, 4096
		for i, s := range []string{"lua0_size", "lua1_size", "lua2_size"} {
			regions, sizes = append(regions, Region{Name: ufsNames[i], xmlName: ufsXML[i]}), append(sizes, s)
		}
		regions, sizes = rotate(regions), rotate(sizes)
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

// rotate puts the last first.
func rotate[T any](s []T) []T { return append([]T{s[len(s)-1]}, s[:len(s)-1]...) }

// read is READ-FLASH.
func (x *xmlAgent) read(r Region, e flash.Extent, s *sink) error {
	arg := fmt.Sprintf("<arg><partition>%s</partition><offset>0x%x</offset><length>0x%x</length><target_file>ROM</target_file></arg>",
		r.xmlName, e.Offset, e.Length)
	return x.command("READ-FLASH", arg, files{total: e.Length, take: func(n int, read readInto) error {
		for n > 0 {
			b := s.space(n)
			if err := read(b); err != nil {
				return err
			}
			s.commit(len(b))
			n -= len(b)
		}
		return nil
	}})
}

// finish reboots the phone or lets it go. It may be gone before its last word.
func (x *xmlAgent) finish(end End) error {
	action := map[End]string{Off: "DISCONNECT", Reboot: "IMMEDIATE"}[end]
	return x.command("REBOOT", "<arg><action>"+action+"</action></arg>", files{})
}
