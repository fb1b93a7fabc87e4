// Package session reads a phone, in whatever way it can be reached, into a dump folder.
//
// Limits: one phone at a time. Nothing is ever written to a phone, and no security check is
// passed. A phone on a serial port needs a Download Agent of its maker, which the caller
// gives. A rooted phone is reached through a running adb server. What the user may read of a
// file or a device is what the system lets them read.
//
//	Connect: a serial port                       FromADB: a phone that runs    FromFiles: files,
//	  wait ─► greet ─► identify ─► agent            su, its nodes                a reader, a folder
//	   ▲        │ silent, charging, gone               │                             │
//	   └────────┘ passed over, asked again             │                             │
//	          Phone ──FromPhone──► Origin ◄────────────┴─────────────────────────────┘
//	                                 │ Run{Wishes}.Read
//	                                 ├─ tables, guarded: where the phone is lost is noted
//	                                 ├─ wishes ─► extents ─► acquire.Job
//	                                 └─ acquire.Create | Resume ─► Dump.Read ─► Run.Dump
//
// A phone that is lost is an error for which IsTrouble holds; the run can be repeated with
// Wishes.Resume, and continues from there. The caller finishes the dump (acquire.Dump.Finish).
//
// What happens while a phone is waited for is told as a Notice, with facts and no words.
package session
