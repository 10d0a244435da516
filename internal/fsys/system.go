package fsys

import "os"

// SizeOf tells the size of a file by its full path on this machine; 0 if there
// is none. It is for the few files that another library opens by itself.
func SizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
