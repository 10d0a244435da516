package xtest

import (
	"os/exec"
	"syscall"
)

// dieWithUs ends the program also when a test is killed or panics.
func dieWithUs(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
