// Package acquiretest is the phone's side of the wire: a virtual MediaTek phone that
// goes through the stages of a real one and can be told to fail at any of them.
//
//	OFF ─Plug─► ENUM ─► LISTEN ─A0 0A 50 05─► CMD ─D7, D5─► DA1 ─► DA2 ─► READ ─► END
//	             ▲        │ window over          │              │
//	             └────────┴─── Replug ───────────┴── cable out ─┴── reset
//
//	in-process   Phone is a port.Bus; its ports are bounded pipes: deterministic, and
//	             the clock is time's, so testing/synctest makes hours of it milliseconds.
//	             The host's writes stay apart, as on USB
//	pty          Phone.Serve (Linux): a raw pseudo-terminal behind a link of any name. It
//	             joins the host's writes, so rule A is not held there
//
// One piece of code plays the phone on both. Everything it sends has a Place, a name
// such as "echo", "xflash.status" or "data"; a Fault says what goes wrong with the
// n-th thing sent there. What the phone stores are flash.Images of the caller, so that
// a sparse image of 64 GiB costs nothing.
//
// It shares no code with the packages it tests. Its loaders are written from MediaTek's
// preloader source for the MT6582, its Download Agents from what agents of vendors did when
// they ran in an emulator: legacy 2014 to 2021, XFlash 2017 to 2020, XML 2022 to 2024. A
// client that was written from descriptions alone read none of them. The rules it did not
// know have letters, which stand in the code where the phone holds them:
//
//	A  Each write of the host is a USB transfer. A payload of more than 12 bytes that comes
//	   in the transfer of its header, or of what is before it, is lost (wire.recvPackets).
//	B  XFlash tells a flash that cannot be read twice: for the packet, and for the command.
//	C  XML's HOST-SUPPORTED-COMMANDS has its list in <host_capability>.
//	D  The second stage of an XML agent may not know that command.
//	E  In XML's END only <result> counts; <message> may be left from an earlier command.
//	F  XML tells a flash that cannot be read as ERR in place of a packet, and waits for OK.
//	G  XFlash's SHUTDOWN has six words; more of them do nothing, and none switches off: that
//	   is a task of the agent's, when the cable is out.
//	H  After the END of XML's REBOOT there is no START.
//	I  A question whose handler fails is answered by one packet, the status.
//	J  RPMB is refused by agents since 2018, XML agents included.
//	K  Legacy and XML agents tell an eMMC's identity in words turned round.
//	L  The checksum level and the question who started the agent are the first stage's.
//
// It runs no Download Agent: it takes the upload, checks length, checksum and, of its own
// stand-ins (Container), that the second stage is the one the first belongs to, and behaves
// as one. It has no state that could be written: commands that write flash or erase are
// unknown to it.
package acquiretest
