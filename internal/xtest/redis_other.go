//go:build !linux

package xtest

import "os/exec"

func dieWithUs(*exec.Cmd) {}
