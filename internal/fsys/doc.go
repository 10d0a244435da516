// Package fsys is the one way to the disk.
//
// [FS] is a narrow seam in front of the operating system: every call that can
// fail, fill up or be cut short by a power loss passes through it, so that
// package fsystest can make each of them fail in turn. [Dir] is the real one;
// it sits on an [os.Root], so that no name, however hostile, and no symbolic
// link planted inside can lead out of the folder.
//
// Names are relative, with "/" between parts. Errors are of kind exo.NotFound,
// exo.Exists, exo.Full, exo.Conflict (a lock held elsewhere), exo.Invalid (a
// name that leads outside) or exo.Unavailable (the disk or the system said no),
// and wrap the system's own error, so that errors.Is(err, fs.ErrNotExist) holds
// too.
//
// What has been written is safe from a power loss only after File.Sync, and a
// name only after SyncDir of its folder. A failed Sync means that the bytes may
// be lost: it is never tried again on the same handle, because the system drops
// the failed pages and would report success (Rebello et al., "Can applications
// recover from fsync failures?", USENIX ATC 2020).
package fsys
