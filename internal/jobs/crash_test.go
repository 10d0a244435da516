package jobs_test

// crashMain is filled in by the test that kills a process.
func crashMain() bool { return false }
