package da

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// xmlAgent is a session with an XML (V6) agent. After each command the agent sends requests to the
// host until it sends END:
//
//	host                         agent
//	<da> CMD:READ-FLASH …   ──►
//	                        ◄──  OK
//	                        ◄──  <host> CMD:UPLOAD-FILE …      each answered with OK:
//	                        ◄──  OK@0x100000                   the total length
//	                        ◄──  OK@0x0, then a packet of data; repeated
//	                        ◄──  ERR, answered with OK, instead of a packet it cannot read
//	                        ◄──  <host> CMD:END
//	                        ◄──  <host> CMD:START              ready for the next command
type xmlAgent struct {
	packets
	boot
}

func (x *xmlAgent) start(ctx context.Context, p *Phone) error {
	const parameters = "<arg><checksum_level>NONE</checksum_level><battery_exist>AUTO-DETECT</battery_exist><da_log_level>ERROR</da_log_level>" +
		"<log_channel>UART</log_channel><system_os>LINUX</system_os></arg><adv><initialize_dram>YES</initialize_dram></adv>"
	const capability = "<arg><host_capability>CMD:DOWNLOAD-FILE^1@CMD:FILE-SYS-OPERATION^1@CMD:PROGRESS-REPORT^1@CMD:UPLOAD-FILE^1@</host_capability></arg>"
	if err := x.greet(); err != nil {
		return wrap("start of the first stage", err)
	}
	dram := files{give: x.options.DRAM, missing: ErrNeedDRAM}
	at := fmt.Sprintf("0x%x", x.stage.Address)
	boot := "<arg><at_address>" + at + "</at_address><jmp_address>" + at + "</jmp_address><source_file>MEM://0x0:0x" +
		fmt.Sprintf("%x", len(x.plain())) + "</source_file></arg>"
	for _, c := range []struct {
		name, arg string
		f         files
		optional  bool // some agents refuse it and can still be read
	}{
		{"SET-RUNTIME-PARAMETER", parameters, files{}, false},
		{"HOST-SUPPORTED-COMMANDS", capability, files{}, true},
		{"NOTIFY-INIT-HW", "<arg></arg>", dram, false},
		{"SET-HOST-INFO", "<arg><info>" + time.Now().UTC().Format("20060102T150405Z") + "</info></arg>", files{}, true},
		{"BOOT-TO", boot, files{give: x.plain()}, false},
		{"HOST-SUPPORTED-COMMANDS", capability, files{}, true}, // the second stages of 0x1172, 0x1208 and 0x1229 do not have it
		{"NOTIFY-INIT-HW", "<arg></arg>", dram, false},
	} {
		err := x.command(c.name, c.arg, c.f)
		if err != nil && !(c.optional && refusal(err)) {
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

// ok reads an answer of one line and returns the text after its @.
func (x *xmlAgent) ok(wait time.Duration) (string, error) {
	s, err := x.text(wait)
	if err != nil {
		return "", err
	}
	return answer(s)
}

// sayOK sends s and waits for OK.
func (x *xmlAgent) sayOK(s string) error {
	if err := x.say(s); err != nil {
		return err
	}
	_, err := x.ok(startWait)
	return err
}

// request reads a request of the agent.
func (x *xmlAgent) request(wait time.Duration) (message, error) {
	s, err := x.text(wait)
	if err != nil {
		return nil, err
	}
	if !isXML(s) {
		_, err := answer(s)
		if err == nil {
			err = protocolError("%.60q instead of a command", s)
		}
		return nil, err
	}
	return parseMessage([]byte(s))
}

// expectStart reads the START command, which means that the agent is ready, and answers OK.
func (x *xmlAgent) expectStart(wait time.Duration) error {
	m, err := x.request(wait)
	if err == nil && m["command"] != "CMD:START" {
		err = notTaken(m)
	}
	if err != nil {
		return err
	}
	return x.say("OK")
}

// againWait is how long to wait for a second START that some agents send.
const againWait = 100 * time.Millisecond

// greet reads the agent's first START, and a second one that some agents send: otherwise such an
// agent would take the next command as the answer to the second START.
func (x *xmlAgent) greet() error {
	if err := x.expectStart(startWait); err != nil {
		return err
	}
	switch err := x.l.Wait(againWait); {
	case errors.Is(err, port.ErrTimeout):
		return nil
	case err != nil:
		return err
	}
	if err := x.expectStart(answerWait); !errors.Is(err, port.ErrTimeout) {
		return err
	}
	return nil // only a log packet came
}

// maxRequests is how many requests an agent may send during one command.
const maxRequests = 1000

// command runs one command until its END and the START after it; after REBOOT no START comes. After
// a *StatusError the agent is ready for the next command.
func (x *xmlAgent) command(name, arguments string, f files) error {
	refused, err := x.begin(name, arguments)
	if err != nil {
		return err
	}
	for range maxRequests {
		m, err := x.request(flashWait)
		if err == nil && m["command"] != "CMD:END" {
			if err = x.say("OK"); err == nil {
				m, err = x.serve(m, &f)
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
		if refused == nil {
			refused = result(m)
		}
		if err := x.say("OK"); err != nil {
			return err
		}
		if name == cmdReboot {
			return refused
		}
		if err := x.expectStart(startWait); err != nil {
			return err
		}
		return refused
	}
	return protocolError("the command %s does not end", name)
}

// begin sends a command and reads the agent's OK. An agent that sends START instead was not ready:
// begin answers it and sends the command once more. refused is the agent's refusal of the command;
// it still ends the command with END.
func (x *xmlAgent) begin(name, arguments string) (refused, err error) {
	version := "1.0"
	if name == "SET-RUNTIME-PARAMETER" {
		version = "1.1"
	}
	command := `<?xml version="1.0" encoding="utf-8"?><da><version>` + version + "</version><command>CMD:" + name +
		"</command>" + arguments + "</da>"
	for again := false; ; again = true {
		if err := x.say(command); err != nil {
			return nil, err
		}
		s, err := x.text(dataWait)
		if err != nil {
			return nil, err
		}
		if !isXML(s) {
			if _, err = answer(s); refusal(err) {
				return err, nil
			}
			return nil, err
		}
		m, err := parseMessage([]byte(s))
		if err != nil {
			return nil, err
		}
		if m["command"] != "CMD:START" || again {
			return nil, notTaken(m)
		}
		if err := x.say("OK"); err != nil {
			return nil, err
		}
	}
}

// result returns the error of an END, or nil. The message counts only with a bad result: the agent
// never clears it, so with OK it belongs to an earlier command.
func result(m message) error {
	if m["result"] == "OK" {
		return nil
	}
	return says(strings.TrimSpace(m["result"] + " " + m["message"]))
}

// report runs a command whose answer is an XML file.
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
	if refusal(err) {
		return nil
	}
	if err == nil && m["item"] == "ENABLED" {
		err = brom.ErrSLA
	}
	return err
}

// hardware asks for the storage and its regions.
func (x *xmlAgent) hardware(p *Phone) error {
	m, err := x.report("GET-HW-INFO", "")
	if err != nil {
		return err
	}
	p.RandomID, _ = hex.DecodeString(m["random_id"])
	return xmlStorage(p, m)
}

// read sends READ-FLASH.
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

const cmdReboot = "REBOOT"

// finish restarts the phone, or makes the agent release the line and wait: an agent for MT6789 of
// 2024 then checks the cable and switches the phone off when it is pulled out.
func (x *xmlAgent) finish(end End) error {
	action := map[End]string{Off: "DISCONNECT", Reboot: "IMMEDIATE"}[end]
	return x.command(cmdReboot, "<arg><action>"+action+"</action></arg>", files{})
}
