// Package sqldb is the one place that opens the state database: SQLite in a file,
// or Postgres at a URL. One text of SQL serves both, written as for SQLite.
//
// SQLite is in write-ahead mode: readers never wait for the writer, and one
// writer at a time waits for the other, up to ten seconds. A committed
// transaction survives the end of the process; after a power loss the last ones
// may be undone, whole (synchronous=NORMAL), so whoever keeps something in here
// must be able to bring it up to date from elsewhere.
//
// Postgres is reached through pgx, by a driver that numbers the places (? becomes
// $1, but not in quotes or comments, nor where a $1 stands already) and writes
// truth values as 0 and 1, as SQLite keeps them. A statement whose connection
// broke is sent again once on another, if it changes nothing or the server said
// that it was not carried out; a transaction is never. [DB.InTx] takes an
// advisory lock, so that what one reads in it stays true until it writes, as on
// SQLite; [DB.For] gives each part of the program a lock of its own.
//
// What still differs: no PRAGMA and no sqlite_schema; text holds no zero byte; a
// column takes only what its type can hold; a failed statement ends its
// transaction; max(a, b) is greatest. [DB.Dialect] tells which it is.
//
// Each user of the database brings its tables as a list of steps under a name
// of its own; see [Migrate] and [Step].
package sqldb
