// Package fsystest holds disks that fail: [Fault] makes the n-th call fail,
// [Crash] records calls and shows what a power cut after any of them may leave,
// [ReadOnly] panics on any call that writes. All stand in front of another
// fsys.FS. The method is that of SQLite's test harness
// (https://www.sqlite.org/testing.html, sections 3.3 and 3.4) and of Pillai et
// al., "All File Systems Are Not Created Equal", OSDI 2014.
package fsystest
