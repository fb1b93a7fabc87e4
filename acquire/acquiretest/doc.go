// Package acquiretest is a virtual MediaTek phone. It goes through the stages of a real phone, and
// can fail at any of them on request. It stores and changes nothing: it only reads the images that
// the caller gives.
//
//	OFF ─Plug─► ENUM ─► LISTEN ─A0 0A 50 05─► CMD ─D7, D5─► DA1 ─► DA2 ─► READ ─► END
//	             ▲        │ window over          │              │
//	             └────────┴─── Replug ───────────┴── cable out ─┴── reset
//
//	in-process   Phone is a port.Bus; its ports are bounded pipes: deterministic, and
//	             with the clock of package time, so hours take milliseconds in testing/synctest.
//	             The host's writes stay separate, as on USB
//	pty          Phone.Serve (Linux): a raw pseudo-terminal with a link of any name. It
//	             joins the host's writes, so rule A does not apply there
//
// The same code is the phone in both cases. Everything that it sends has a Place, a name such as
// "echo", "xflash.status" or "data"; a Fault changes the n-th message at a Place. The content of
// the phone's flash are flash.Images of the caller, so a sparse image of 64 GiB costs nothing.
//
// It shares no code with the packages that it tests. Its loaders follow MediaTek's preloader source
// for the MT6582. Its Download Agents behave like vendors' agents that ran in an emulator: legacy
// 2014 to 2021, XFlash 2017 to 2020, XML 2022 to 2024. A client that followed only public
// descriptions could read none of these agents. The rules that it did not know have letters, which
// are also in the code that implements them:
//
//	A  Each write of the host is a USB transfer. A payload of more than 12 bytes that is in
//	   the transfer of its header, or of other bytes before it, is lost (wire.recvPackets).
//	B  XFlash reports unreadable flash twice: for the packet, and for the command.
//	C  XML's HOST-SUPPORTED-COMMANDS has its list in <host_capability>.
//	D  The second stage of an XML agent may not know that command.
//	E  In XML's END only <result> counts; <message> may be left from an earlier command.
//	F  XML reports unreadable flash as ERR instead of a packet, and waits for OK.
//	G  XFlash's SHUTDOWN has six words; with more, it does nothing. None of them switches the
//	   phone off: a task of the agent does that when the cable is pulled out.
//	H  After the END of XML's REBOOT there is no START.
//	I  If the handler of a question fails, the answer is one packet, the status.
//	J  Agents since 2018 refuse RPMB, XML agents, too.
//	K  Legacy and XML agents send an eMMC's identity with the bytes of each word reversed.
//	L  Only the first stage knows the checksum level and the question who started the agent.
//
// It runs no Download Agent: it receives the upload, checks length, checksum and, for its own
// stand-ins (Container), that the two stages match, and then behaves like an agent. It has no state
// that could be written: it does not know commands that write or erase flash.
package acquiretest
