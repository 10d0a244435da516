// Package sqldb is the one place that opens the embedded database.
//
// The database is SQLite in write-ahead mode: readers never wait for the
// writer, and one writer at a time waits for the other, up to ten seconds. A
// committed transaction survives the end of the process; after a power loss the
// last ones may be undone, whole (synchronous=NORMAL), so whoever keeps
// something in here must be able to bring it up to date from elsewhere.
//
// Each user of the database brings its tables as a list of steps under a name
// of its own; see [Migrate].
package sqldb
