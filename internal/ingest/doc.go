// Package ingest brings tables and light curves from the archives into the
// store. It is the use case behind the command line and the HTTP interface;
// both call the same Service.
//
// # Tables
//
// A table that is fresh is answered from what is held, without asking the
// archive. Otherwise the archive is asked as cheaply as it allows: by a probe
// (number of rows and newest update), by a conditional request, by the rows that
// changed, or for the whole table; a whole load comes around regularly, because
// deleted rows show nowhere else. What comes is staged and hashed, parsed and
// validated, compared with the current table, and only then published under
// raw/<source>/<table>_<stamp>.csv. Bytes equal to the newest file add no file.
//
// What cannot be used is kept below raw/<source>/rejected and never becomes
// current. What differs too much is kept below raw/<source>/held until a person
// approves or discards it. In both cases, and when the archive does not answer,
// the last good table stays current and its age is told.
//
// # Light curves
//
// A name becomes one star: by its number, by the tables that are held, then by
// the archives' resolvers; several stars are listed, never guessed between. The
// archive is asked what files it has of the star, and those that are not held,
// or have another length than the one held, are fetched, checked against what
// the list promised (star, sector, cadence, checksums, order of time) and
// stored under the archive's own name. A file that differs from the one of that
// name is kept beside it with the time in its name. A file that is not what it
// should be is fetched once more and then left out with a warning.
//
// # Concurrency
//
// Requests for the same table share one fetch; a batch runs its tables side by
// side. The Service starts no goroutine that outlives the call.
package ingest
