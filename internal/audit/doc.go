// Package audit is the record of who changed what, and of who was turned away.
//
// Every event carries the seal of the one before it, so that the events form a
// chain: whoever removes, changes, moves, repeats or invents one breaks it, and
// [Log.Verify] names the place. With a key the seals are HMAC-SHA256 (RFC 2104)
// and cannot be made anew by somebody who has the database but not the key;
// without one they are plain SHA-256, and only the mirror file tells a chain
// that was rewritten as a whole.
//
// # Two copies
//
// The table audit_events is the truth. The mirror is a text file of the same
// events, one line of JSON each, written after the table. What a kill between
// the two leaves behind, the next start completes: events that the mirror lacks
// are added to it, events that the table lost with the power are taken back from
// it if their seals hold. A chain's end cannot be cut off unseen, as both copies
// and the head note, which is sealed too, would have to agree.
//
// # Who may write
//
// Appends are serialised by the row of the head note, which each transaction
// changes first: on SQLite the transaction holds the write lock anyway, on
// Postgres the second one waits for the row and then reads the new head. The
// chain is linear with any number of processes. A mirror file belongs to one
// process; it becomes complete all the same, since its owner adds what others
// appended.
//
// # What is promised
//
// A changing call whose event cannot be written is refused, see [Log.Begin];
// reading goes on. One event is one line of at most [MaxLine] bytes whatever its
// fields hold, and nothing in it can move a terminal's cursor. What looks like a
// secret of ours is not written. The format is docs/format/audit.md.
package audit
