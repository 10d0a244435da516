package version_test

import "os/exec"

// command runs another program, in an environment of its own.
func command(name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Env = []string{"LC_ALL=C", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "PATH=/usr/bin:/bin"}
	out, err := c.CombinedOutput()
	return string(out), err
}
