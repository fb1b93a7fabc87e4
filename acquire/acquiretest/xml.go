package acquiretest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// text sends a text of the XML protocol: a packet that ends in a NUL.
func (l *life) text(place, s string) { l.sendPacket(place, append([]byte(s), 0)) }

// hostOK receives an answer of the host and reports whether it is OK.
func (l *life) hostOK() bool {
	return bytes.HasPrefix(l.recvPacket("xml.ok", 1<<10), []byte("OK"))
}

// The form that agents use, whose exact bytes some hosts search for, and another valid form.
const (
	plainXML = "<?xml version=\"1.0\" encoding=\"utf-8\"?><host><version>1.0</version><command>CMD:%s</command><arg>%s</arg></host>"
	oddXML   = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<host >\n\t<version>1.0</version>\n" +
		"\t<command >\n\t\tCMD:%s </command><!-- stand-in -->\n\t<arg>%s</arg>\n</host>\n"
)

// ask sends a command to the host and receives its OK.
func (l *life) ask(command, arg string) bool {
	form := plainXML
	if l.OddXML {
		form = oddXML
	}
	l.text("xml."+command, fmt.Sprintf(form, command, arg))
	return l.hostOK()
}

// finishCommand ends a command. The message is the content of a buffer that is never cleared, also
// with OK (E).
func (l *life) finishCommand(result string) bool {
	return l.ask("END", "<result>"+result+"</result><message>"+l.message+"</message>")
}

// inside returns the text between the tags of that name.
func inside(s, tag string) string {
	_, s, _ = strings.Cut(s, "<"+tag+">")
	s, _, _ = strings.Cut(s, "</"+tag+">")
	return strings.TrimSpace(s)
}

func hexNumber(s string) int64 {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		return -1
	}
	return n
}

// xml is the phone with a running XML agent. It returns how the agent ends. C to F, H, J and K are
// the rules in the package comment: vendors' agents behave so.
func (l *life) xml() error {
	l.message = l.Message
	for range 1 + l.ExtraStarts {
		if !l.ask("START", "") {
			return errReset
		}
	}
	for {
		c := string(l.recvPacket("xml.command", 1<<20))
		name := strings.TrimPrefix(inside(c, "command"), "CMD:")
		do, known := xmlCommands[name]
		if name == "HOST-SUPPORTED-COMMANDS" && l.second {
			known = false // D: the second stages of 0x1172, 0x1208 and 0x1229 do not have it
		}
		result, goesOn := "OK", true
		if known {
			l.text("xml.accept", "OK")
			result, goesOn = do(l, c)
		} else {
			l.text("xml.unsupported", "ERR!UNSUPPORTED")
			l.message = "Unsupported command."
		}
		if !goesOn || !l.finishCommand(result) {
			return errReset
		}
		if name == "REBOOT" { // H: no START after it
			if inside(c, "action") == "IMMEDIATE" {
				return errRebooted
			}
			return errIdle
		}
		if !l.ask("START", "") {
			return errReset
		}
	}
}

// xmlCommands has the handlers of the commands. A handler gets the command's text and returns the
// result of its END, and whether the line is still in step.
var xmlCommands map[string]func(*life, string) (string, bool)

// fail sets the message buffer and returns ERR.
func (l *life) fail(message string) (string, bool) {
	l.message = message
	return "ERR", true
}

func init() {
	nothing := func(*life, string) (string, bool) { return "OK", true }
	xmlCommands = map[string]func(*life, string) (string, bool){
		"SET-RUNTIME-PARAMETER":   nothing,
		"HOST-SUPPORTED-COMMANDS": (*life).xcapability,
		"SET-HOST-INFO":           nothing,
		"SET-BOOT-MODE":           nothing,
		"REBOOT":                  nothing,
		"NOTIFY-INIT-HW":          (*life).xinit,
		"BOOT-TO":                 (*life).xboot,
		"GET-SYS-PROPERTY":        (*life).xproperty,
		"GET-HW-INFO":             (*life).xhardware,
		"READ-FLASH":              (*life).xreadFlash,
	}
}

// xcapability requires the host's list in its element (C).
func (l *life) xcapability(c string) (string, bool) {
	if inside(c, "host_capability") == "" {
		return l.fail("Required XML node path not found. Check command string.")
	}
	return "OK", true
}

// xinit sets up the hardware, with progress, and requests memory settings after a start from
// BootROM.
func (l *life) xinit(string) (string, bool) {
	l.pause(l.SyncDelay)
	if !l.ask("PROGRESS-REPORT", "<message>init-hw</message>") {
		return "", false
	}
	for i := range l.Progress {
		if l.text("xml.progress", fmt.Sprintf("OK!PROGRESS@%d", i)); !l.hostOK() {
			return "", false
		}
	}
	if l.text("xml.progress", "OK!EOT"); !l.hostOK() {
		return "", false
	}
	if l.dram {
		return "OK", true
	}
	blob, ok := l.download("MEM://0x0:0x10000", 1<<16)
	if l.dram = ok && l.emiFits(blob); ok && !l.dram {
		return l.fail("memory set-up failed 0xC0050005")
	}
	return "OK", ok
}

// download requests a file from the host.
func (l *life) download(source string, limit int64) ([]byte, bool) {
	const packet = 0x1000
	if l.AskSize {
		if !l.ask("FILE-SYS-OPERATION", "<key>FILE-SIZE</key><file_path>"+source+"</file_path>") {
			return nil, false
		}
		l.recvPacket("xml.ok", 64)
	}
	if !l.ask("DOWNLOAD-FILE", fmt.Sprintf("<checksum>CHK_NO</checksum><source_file>%s</source_file><packet_length>0x%x</packet_length>", source, packet)) {
		return nil, false
	}
	head := strings.TrimRight(string(l.recvPacket("xml.ok", 64)), "\x00")
	n := hexNumber(strings.TrimPrefix(head, "OK@"))
	if n < 0 || n > limit {
		return nil, false
	}
	l.text("xml.accept", "OK")
	var body []byte
	for int64(len(body)) < n {
		if !l.hostOK() {
			return nil, false
		}
		l.text("xml.accept", "OK")
		body = append(body, l.recvPacket("xml.file", packet)...)
		l.text("xml.accept", "OK")
	}
	return body, true
}

// upload sends a file to the host; pieces calls give with each piece. For an unreadable piece, nil,
// it sends the text ERR, which the host must answer with OK (F).
func (l *life) upload(total int64, pieces func(give func([]byte) bool)) (whole, inStep bool) {
	if !l.ask("UPLOAD-FILE", fmt.Sprintf("<checksum>CHK_NO</checksum><info>x</info><target_file>x</target_file><packet_length>0x%x</packet_length>", l.Packet)) {
		return false, false
	}
	if l.text("xml.total", fmt.Sprintf("OK@0x%x", total)); !l.hostOK() {
		return false, false
	}
	whole, inStep = true, true
	pieces(func(b []byte) bool {
		if whole = b != nil; !whole {
			l.text("data.error", "ERR")
			inStep = l.hostOK()
			return false
		}
		if l.text("data.announce", "OK@0x0"); !l.hostOK() {
			inStep = false
			return false
		}
		l.sendPacket("data", b)
		inStep = l.hostOK()
		return inStep
	})
	return whole, inStep
}

func (l *life) uploadText(s string) (string, bool) {
	_, ok := l.upload(int64(len(s)), func(give func([]byte) bool) { give([]byte(s)) })
	return "OK", ok
}

func (l *life) xboot(c string) (string, bool) {
	body, ok := l.download(inside(c, "source_file"), maxUpload) // the host's own name of the file
	switch {
	case !ok:
		return "", false
	case !belongs(l.first, body):
		return l.fail("hash check failed 0xC0070004")
	}
	l.pause(500 * time.Millisecond)
	l.second = true
	return "OK", true
}

func (l *life) xproperty(c string) (string, bool) {
	state := "DISABLED"
	if l.AgentSLA {
		state = "ENABLED"
	}
	return l.uploadText("<?xml version=\"1.0\"?>\n<sys_property><item key=\"" + inside(c, "key") + "\">" + state + "</item></sys_property>\x00")
}

func (l *life) xhardware(string) (string, bool) {
	var b strings.Builder
	field := func(name string, n int64) { fmt.Fprintf(&b, "<%s>0x%x</%s>\n", name, n, name) }
	kind := strings.ToLower(string(l.Storage))
	if len(l.Parts) == 0 {
		kind = "none"
	}
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<da_hw_info>\n<version>1.2</version><ram_size>0x100000000</ram_size>"+
		"<random_id>%x</random_id><storage>%s</storage>\n<%s>", noise("random id", 16), strings.ToUpper(kind), kind)
	switch l.Storage {
	case flash.EMMC:
		field("block_size", 512)
		for i, r := range []flash.Region{flash.EMMCBoot1, flash.EMMCBoot2, flash.EMMCRPMB, flash.EMMCUser, gp[0], gp[1], gp[2], gp[3]} {
			field([]string{"boot1_size", "boot2_size", "rpmb_size", "user_size", "gp1_size", "gp2_size", "gp3_size", "gp4_size"}[i], l.image(r).Size())
		}
		fmt.Fprintf(&b, "<id>%x</id>", inWords(noise("cid", 16)))
	case flash.UFS:
		field("block_size", 4096)
		for i, r := range []flash.Region{flash.UFSLU0, flash.UFSLU1, flash.UFSLU2} {
			field(fmt.Sprintf("lua%d_size", i), l.image(r).Size())
		}
		fmt.Fprintf(&b, "<ufs_cid>%x</ufs_cid>", noise("cid", 16))
	}
	fmt.Fprintf(&b, "</%s>\n</da_hw_info>\n\x00", kind)
	return l.uploadText(b.String())
}

var xmlRegions = map[string]flash.Region{
	"EMMC-USER": flash.EMMCUser, "EMMC-BOOT1": flash.EMMCBoot1, "EMMC-BOOT2": flash.EMMCBoot2, "EMMC-RPMB": flash.EMMCRPMB,
	"EMMC-GP1": gp[0], "EMMC-GP2": gp[1], "EMMC-GP3": gp[2], "EMMC-GP4": gp[3],
	"UFS-LUA0": flash.UFSLU0, "UFS-LUA1": flash.UFSLU1, "UFS-LUA2": flash.UFSLU2, "NAND-WHOLE": flash.NANDWhole,
}

func (l *life) xreadFlash(c string) (string, bool) {
	r := xmlRegions[inside(c, "partition")]
	e := flash.Extent{Offset: hexNumber(inside(c, "offset")), Length: hexNumber(inside(c, "length"))}
	switch {
	case r == flash.EMMCRPMB && !l.RPMB: // J
		return l.fail("Cannot find [EMMC-RPMB]")
	case !l.second || e.Offset < 0 || e.Length <= 0 || e.End() > l.image(r).Size():
		return l.fail("read out of range 0xC004000B")
	}
	whole, inStep := l.upload(e.Length, func(give func([]byte) bool) {
		l.readData(r, e, int64(l.Packet), give)
	})
	if !whole {
		l.message = ""
		return "ERR", inStep
	}
	return "OK", inStep
}
