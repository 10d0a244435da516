package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// TestAWriteThroughAVersionIsDeniedOrFound lets the owner of a version's file,
// who is not root, write through its name: refused while the file is read-only,
// and found, with every version that shares it, once the owner has lifted that.
func TestAWriteThroughAVersionIsDeniedOrFound(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		skipped()
		t.Skip("only root can act as another user")
	}
	const nobody = 65534
	_, web := archives(t, nil)
	h := newHome(t, web)
	path, _ := h.acknowledge(t)
	h.must(t, nil, "version", "create", "v1")
	h.must(t, nil, "version", "create", "v2")
	name := filepath.Join(h.data(), "versions", "v1", "files", filepath.FromSlash(path))
	for dir := h.data(); dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(name, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	as := func(script string) error {
		cmd := exec.Command("/bin/sh", "-c", script, "sh", name)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return cmd.Run()
	}
	if err := as(`cat "$1" > /dev/null`); err != nil {
		t.Fatalf("the file cannot even be read: %v", err)
	}
	before := digest(t, name)
	if err := as(`printf x >> "$1"`); err == nil || digest(t, name) != before {
		t.Errorf("a write was let through: %v", err)
	}
	if out, code := h.run(t, "version", "verify", "v1", "--json"); code != 0 {
		t.Errorf("after a refused write: exit %d\n%s", code, clip(out))
	}
	if err := as(`chmod u+w "$1" && printf x >> "$1"`); err != nil {
		t.Fatal(err)
	}
	out, code := h.run(t, "storage", "verify", "--json")
	var doc struct {
		Damaged []struct {
			Path     string
			Versions []string
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code == 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, clip(out))
	}
	found := false
	for _, d := range doc.Damaged {
		found = found || d.Path == path && slices.Contains(d.Versions, "v1") && slices.Contains(d.Versions, "v2")
	}
	if !found {
		t.Errorf("%s is not found with both versions: %+v", path, doc.Damaged)
	}
}
