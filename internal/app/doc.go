// Package app builds the program out of its parts and runs it.
//
// Run is the whole program as a function: arguments, streams and environment
// in, exit status out; so every command runs in a test without a process. New
// is a straight list of constructors in the order of the import levels, and
// Close undoes it in reverse. The only clock and the only randomness are made
// here and handed down, and so is the log: to standard error for people, as
// JSON lines to logs/data_ingestion.log, and for processing logs/preprocessing.log,
// beside the data folder, bounded in size.
package app
