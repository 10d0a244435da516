package app_test

import (
	"net"
	"os"
	"strings"
	"testing"
)

// Exit status 5 speaks of archives; what fails here has status 1.
func TestALocalFailureIsNotAnArchives(t *testing.T) {
	t.Parallel()
	s := sky(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, errs, status := s.run(t, "serve", "--listen", l.Addr().String()); status != 1 || !strings.Contains(errs, "cannot be listened on") {
		t.Errorf("a port that is taken: exit %d: %s", status, errs)
	}
	if err := os.WriteFile(s.path("logs"), nil, 0o600); err != nil && !os.IsExist(err) {
		t.Log(err) // logs/ is there already
		return
	}
	if _, errs, status := s.run(t, "ingest", "table", "koi"); status != 1 || !strings.Contains(errs, "log folder") {
		t.Errorf("no log folder: exit %d: %s", status, errs)
	}
}
