// Package maintain frees room, and takes tables and files back to an earlier
// state.
//
// # What may go
//
// Cleanup removes what can be made again: answers and query files in the cache,
// hidden ".part" files that a crash left beside a final name, log files that
// were put aside. It knows them by their names and touches nothing else, so that
// a cache folder set to the wrong place loses nothing. It is the only thing here
// that may run unasked; raw data, light curves and versions are not in its reach.
//
// Retain applies the retention of raw files, and runs only when somebody says
// so. A raw file goes if all of this holds: it is older than the retention, a
// newer file has replaced it, nothing current was made of it, no version holds
// it or what was made of it, and a verified backup on another disk has its bytes.
// Of every file that stays the report says why. Light curves never go.
//
// # The way back
//
// Rollback publishes the bytes that a version has once more, as the newest file.
// Nothing is overwritten and nothing is removed: the state that was left can be
// had back in the same way.
//
// # A full disk
//
// Guard watches the free room. Below the lower mark it lets the cache go and
// tells everyone once; below the full mark it refuses writing with exo.Full,
// while reading goes on; when there is room again it lets writing on by itself.
package maintain
