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
	wait                            time.Duration // 0: for ever
	then                            endWord
}

// endWord is what a phone does when reading is over, as it is typed.
type endWord string

var ends = map[endWord]da.End{"off": da.Off, "reboot": da.Reboot, "stay": da.Stay}

func newPhoneOptions() phoneOptions { return phoneOptions{then: "off"} }

func (o *phoneOptions) options() []flags.Option {
	return flags.In(flags.GroupPhone,
		flags.Text(&o.port, "port", "read a connected phone: `PORT` is auto (the first that is plugged in), a name such as ttyACM0 or COM5, or sim (a virtual phone)"),
		flags.Text(&o.da, "da", "`FILE` with the Download Agent: MTK_AllInOne_DA.bin from SP Flash Tool, or the one of this model's firmware"),
		flags.Text(&o.preloader, "preloader", "`FILE` with the phone's own preloader: sets up the memory of a phone in BootROM mode"),
		flags.Text(&o.auth, "auth", "`FILE` of the phone's maker that permits reading (auth_sv5.auth), where the phone asks for it"),
		flags.Text(&o.cert, "cert", "`FILE` with the maker's certificate, where the phone asks for it"),
		flags.Time(&o.wait, "wait", "give up when no phone came within this `TIME`, such as 90 (seconds) or 5m (default: wait until Ctrl-C)"),
		flags.Choice(&o.then, "then", "what the phone does in the `END`: off (waits with its screen dark, and switches off when the cable is out), reboot (starts Android; legacy agents cannot) or stay (its Download Agent serves on)", "off", "reboot", "stay"))
}

// inputs are the files that must never be written to.
func (o *phoneOptions) inputs() []string {
	return nonEmpty([]string{o.da, o.preloader, o.auth, o.cert})
}

// The ports that are no port of the computer's.
const (
	portAuto = "auto"
	portSim  = "sim"
)

// connectPhone waits for the phone that the options describe and starts it. Unplug ends a
// virtual phone, and is never nil.
func connectPhone(ctx context.Context, u *ui, o *phoneOptions) (p *session.Phone, unplug func(), err error) {
	opt := session.Options{Port: o.port, Bus: u.bus, Agents: o.da, Preloader: o.preloader, Auth: o.auth, Cert: o.cert,
		Wait: o.wait, End: ends[o.then], Tell: u.tellPhone}
	unplug = func() {}
	switch o.port {
	case portAuto:
		opt.Port = ""
	case portSim:
		unplug = plugSim(&opt)
	}
	p, err = session.Connect(ctx, opt)
	if err != nil {
		unplug()
		return nil, func() {}, kitWords(err)
	}
	return p, unplug, nil
}

// kitWords says what a file is that a phone cannot be started with.
func kitWords(err error) error {
	var bad *session.FileError
	switch {
	case errors.Is(err, session.ErrNoAgents):
		return words.Advise(usage("which Download Agent? give it with --da FILE"),
			"MTK_AllInOne_DA.bin lies beside SP Flash Tool; the firmware of this model may have one of its own",
			"--port sim needs none: it reads a virtual phone")
	case !errors.As(err, &bad) || !bad.Alien:
		return err
	case bad.Kind == session.PreloaderFile:
		return words.WhatElse(bad.Path, "boot region and no preloader", err, nil, "the phone's own preloader is what mtkkit preloader fix cuts out of its BOOT_1")
	}
	const want = "a Download Agent begins with the words MTK_DOWNLOAD_AGENT; MTK_AllInOne_DA.bin lies beside SP Flash Tool"
	return words.WhatElse(bad.Path, "Download Agent", words.Advise(err, want), nil, want)
}

// tellPhone says what happens while a phone is waited for and started.
func (u *ui) tellPhone(n session.Notice) {
	if odd, ok := n.(session.Odd); ok {
		u.Problems([]flash.Problem{odd.Problem})
	} else if text := words.Notice(n); text != "" {
		u.Note("%s", text)
	}
}
