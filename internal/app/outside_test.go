package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoVersionIsRestoredAmongTheData(t *testing.T) {
	s := sky(t)
	for _, line := range []string{"ingest table koi", "version create v1"} {
		if _, errs, code := s.run(t, strings.Fields(line)...); code != 0 {
			t.Fatalf("%s: %d %s", line, code, errs)
		}
	}
	if err := os.Symlink(s.path("data"), s.path("link")); err != nil {
		t.Fatal(err)
	}
	before, err := filepath.Glob(s.path("data/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"data/x", "data/versions/zz", "data/raw/x", "link/x", "data/restored/../x", "data/restored"} {
		for _, more := range [][]string{nil, {"--dry-run"}} {
			_, errs, code := s.run(t, append([]string{"version", "restore", "v1", "--to", s.dir + "/" + to}, more...)...)
			if code != 2 || !strings.Contains(errs, "in the data folder") || !strings.Contains(errs, "restored/") {
				t.Errorf("%s %v: %d %s", to, more, code, errs)
			}
		}
	}
	if after, err := filepath.Glob(s.path("data/*")); err != nil || len(after) != len(before) {
		t.Errorf("the data folder had %v, has %v %v", before, after, err)
	}
	for _, to := range []string{"data/restored/x", "elsewhere"} {
		if _, errs, code := s.run(t, "version", "restore", "v1", "--to", s.path(to)); code != 0 {
			t.Errorf("%s: %d %s", to, code, errs)
		}
	}
	if out, errs, code := s.run(t, "storage", "verify"); code != 0 {
		t.Errorf("afterwards: %d %s %s", code, out, errs)
	}
}

func TestAPasswordFileOpenToOthersIsToldWithTheWayOut(t *testing.T) {
	s := sky(t)
	if _, errs, code := s.run(t, "ingest", "table", "koi"); code != 0 {
		t.Fatal(errs)
	}
	secret := s.path("password")
	config, err := os.ReadFile(s.path("data_config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config = append(config, "backup:\n  repository: "+s.path("repository")+"\n  password_file: "+secret+"\n"...)
	if err := os.WriteFile(s.path("data_config.yaml"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte("a long one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, told := range map[os.FileMode]bool{0o600: false, 0o640: true, 0o604: true} {
		if err := os.Chmod(secret, mode); err != nil {
			t.Fatal(err)
		}
		out, errs, code := s.run(t, "backup", "create", "--force", "--dry-run")
		if code != 0 || strings.Contains(out+errs, "chmod 600") != told {
			t.Errorf("%o: %d %s %s", mode, code, out, errs)
		}
	}
}
