// Package session reads a phone into a dump folder: through a serial port, through adb, or from
// files.
//
// Limits: one phone at a time. The package never writes to a phone and bypasses no security check.
// For a phone on a serial port the caller must give a Download Agent of its maker. A rooted phone
// needs a running adb server. Files and devices are read with the user's own rights.
//
//	Connect: a serial port                       FromADB: a phone that runs    FromFiles: files,
//	  wait ─► greet ─► identify ─► agent            su, its nodes                a reader, a folder
//	   ▲        │ silent, charging, gone               │                             │
//	   └────────┘ skipped, tried again             │                             │
//	          Phone ──FromPhone──► Origin ◄────────────┴─────────────────────────────┘
//	                                 │ Run{Wishes}.Read
//	                                 ├─ tables, guarded: losses of the phone are recorded
//	                                 ├─ wishes ─► extents ─► acquire.Job
//	                                 └─ acquire.Create | Resume ─► Dump.Read ─► Run.Dump
//
// If the phone is lost, IsTrouble is true for the error; another run with Wishes.Resume continues
// the dump. The caller finishes the dump (acquire.Dump.Finish).
//
// Events during the wait for a phone are sent as a Notice, which has facts but no texts.
package session
