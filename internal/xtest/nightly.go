package xtest

import "os"

// Nightly tells whether the larger counts are asked for, which take longer than
// every run of the tests may: EXOPLANETAI_NIGHTLY=1.
func Nightly() bool { return os.Getenv("EXOPLANETAI_NIGHTLY") == "1" }
