//go:build !unix

package xtest

import "os/exec"

func asPostgres(cmd *exec.Cmd, dir string) error {
	cmd.Dir = dir
	return nil
}
