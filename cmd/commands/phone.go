package commands

import (
	"context"
	"errors"
	"time"

	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/words"
)

// phoneOptions are the options of every command that reads a connected phone.
type phoneOptions struct {
	port, da, preloader, auth, cert string
	firmware                        string
	haveTable                       bool          // the command has no use for a scatter file in the firmware
	wait                            time.Duration // 0: no limit
	then                            endWord
}

// endWord is the argument of --then: what the phone does after reading.
type endWord string

var ends = map[endWord]da.End{"off": da.Off, "reboot": da.Reboot, "stay": da.Stay}

func newPhoneOptions() phoneOptions { return phoneOptions{then: "off"} }

func (o *phoneOptions) options() []flags.Option {
	return flags.In(flags.GroupPhone,
		flags.Text(&o.port, "port", "read a connected phone; `PORT` is auto (the first phone that is plugged in), a name such as ttyACM0 or COM5, fd:N (a file descriptor of a USB device, on Android and Linux), or sim (a virtual phone)"),
		flags.Text(&o.da, "da", "`FILE` with the Download Agent: MTK_AllInOne_DA.bin from SP Flash Tool, or the one in the firmware of this model; or a folder, in which the right file is found"),
		flags.Text(&o.firmware, "firmware", "the maker's firmware `PACKAGE` for this model, a folder or an archive: what is needed of Download Agent, preloader, authentication file, certificate and scatter file is taken from it, unless an option names it"),
		flags.Text(&o.preloader, "preloader", "`FILE` with the phone's own preloader, which sets up the memory of a phone in BootROM mode"),
		flags.Text(&o.auth, "auth", "authentication `FILE` from the phone's maker (auth_sv5.auth), if the phone asks for it"),
		flags.Text(&o.cert, "cert", "`FILE` with the maker's certificate, if the phone asks for it"),
		flags.Time(&o.wait, "wait", "stop if no phone is connected within this `TIME`, such as 90 (seconds) or 5m (default: wait until Ctrl-C)"),
		flags.Choice(&o.then, "then", "`STATE` of the phone after reading: off (the screen stays dark; the phone switches off when the cable is removed), reboot (the phone starts Android; legacy agents cannot do this) or stay (the Download Agent keeps running)", "off", "reboot", "stay"))
}

// inputs returns the files that must never be written to.
func (o *phoneOptions) inputs() []string {
	return nonEmpty([]string{o.da, o.preloader, o.auth, o.cert, o.firmware})
}

// The values of --port that are not a port of this computer.
const (
	portAuto = "auto"
	portSim  = "sim"
)

// connectPhone waits for the phone that the options describe and starts its agent. unplug ends a
// virtual phone and is never nil.
func connectPhone(ctx context.Context, u *ui, o *phoneOptions) (p *session.Phone, unplug func(), err error) {
	opt := session.Options{Port: o.port, Bus: u.bus, Agents: o.da, Preloader: o.preloader, Auth: o.auth, Cert: o.cert,
		Firmware: o.firmware, HaveTable: o.haveTable, Wait: o.wait, End: ends[o.then], Tell: u.tellPhone}
	unplug = func() {}
	switch o.port {
	case portAuto:
		opt.Port = ""
	case portSim:
		unplug = u.virtual.plug(&opt)
	}
	p, err = session.Connect(ctx, opt)
	if err != nil {
		unplug()
		return nil, func() {}, kitWords(err)
	}
	return p, unplug, nil
}

// kitWords adds hints if a file is missing or is not what is needed to start a phone.
func kitWords(err error) error {
	var bad *session.FileError
	var none *session.NoAgentsError
	switch {
	case errors.As(err, &none):
		return words.NoAgents(none)
	case errors.Is(err, session.ErrNoAgents):
		return words.Advise(usage("a Download Agent is needed: give it with --da FILE"),
			"MTK_AllInOne_DA.bin is in the folder of SP Flash Tool; the firmware of this model may have its own agent: --firmware PACKAGE takes it from there",
			"--port sim needs no agent: it reads a virtual phone")
	case !errors.As(err, &bad):
		return err
	case !bad.Alien && bad.Kind == session.AgentsFile:
		return words.Advise(err, "the file is damaged or was copied only in part: copy or download it again")
	case !bad.Alien:
		return err
	case bad.Kind == session.FirmwareFile:
		const form = "a firmware package is a folder, or a .zip, .tar or .tgz archive: unpack any other archive first, and give the folder"
		return words.WhatElse(bad.Path, "firmware package that mtkkit can read", words.Advise(err, form), nil, form)
	case bad.Kind == session.PreloaderFile:
		return words.WhatElse(bad.Path, "boot region and no preloader", err, nil, "mtkkit preloader fix makes the phone's own preloader from its BOOT_1")
	}
	const want = "a Download Agent begins with the text MTK_DOWNLOAD_AGENT; MTK_AllInOne_DA.bin is in the folder of SP Flash Tool"
	return words.WhatElse(bad.Path, "Download Agent", words.Advise(err, want), nil, want)
}

// tellPhone prints the notices of a session: waiting for a phone, starting it, reading it.
func (u *ui) tellPhone(n session.Notice) {
	if odd, ok := n.(session.Odd); ok {
		u.Problems([]flash.Problem{odd.Problem})
	} else if text := words.Notice(n); text != "" {
		u.Note("%s", text)
	}
}
