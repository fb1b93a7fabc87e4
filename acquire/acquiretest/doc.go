// Package acquiretest is the phone's side of the wire: a virtual MediaTek phone that
// goes through the stages of a real one and can be told to fail at any of them.
//
//	OFF ─Plug─► ENUM ─► LISTEN ─A0 0A 50 05─► CMD ─D7, D5─► DA1 ─► DA2 ─► READ ─► END
//	             ▲        │ window over          │              │
//	             └────────┴─── Replug ───────────┴── cable out ─┴── reset
//
//	in-process   Phone is a port.Bus; its ports are bounded pipes: deterministic, and
//	             the clock is time's, so testing/synctest makes hours of it milliseconds
//	pty          Phone.Serve (Linux): a raw pseudo-terminal behind a link of any name
//
// One piece of code plays the phone on both. Everything it sends has a Place, a name
// such as "echo", "xflash.status" or "data"; a Fault says what goes wrong with the
// n-th thing sent there. What the phone stores are flash.Images of the caller, so that
// a sparse image of 64 GiB costs nothing.
//
// It is written from the protocols' descriptions (MediaTek's preloader source for the
// MT6582; mtkclient, penumbra and MtkFlash for the Download Agents) and shares no code
// with the packages it tests. It runs no Download Agent: it takes the upload, checks
// length, checksum and, of its own stand-ins (Container), that the second stage is the
// one the first belongs to, and behaves as one. It has no state that could be written:
// commands that write flash or erase are unknown to it.
package acquiretest
