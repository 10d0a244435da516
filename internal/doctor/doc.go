// Package doctor looks at a whole data folder, says what is wrong or about to
// go wrong in plain words, names the command that puts it right, and puts right
// what is safe to put right.
//
// It asks everything else through small interfaces, so that it can also speak
// about a folder that cannot be opened: what is absent is not asked. Examine
// writes nothing. Fix makes an index anew, mends records, permissions and
// checksum lines, repairs damaged files from copies with the recorded digest,
// makes a version's record again, and clears the cache of a disk that is nearly
// full. It never removes or changes raw data, light curves, or what a version
// holds; a strange file is named, never touched.
package doctor
