// Package cli is the command line: it turns words into calls of the use cases
// and their results into text.
//
// Data go to standard output, everything else to standard error. On a terminal
// data are aligned tables; into a pipe they are tab-separated values with a
// header; with --json one JSON document whose names are those of the HTTP
// interface. Progress is a bar on a terminal and a line every ten per cent
// otherwise. Text that came from outside is printed without control
// characters.
//
// An error is one line, "error: what. Try: what to do.", and with --json
// {"error":{"code","message","hint","request_id"}}, both on standard error. One
// table turns its kind into the exit status: 0 done, 1 failed, 2 wrong usage,
// 3 not found, 4 validation failed, 5 archive not usable, 130 interrupted.
//
// The package knows neither the disk nor the network nor the environment: all
// that comes through Program and Terminal.
package cli
