package backup_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"exoplanetai/internal/backup"
)

// An S3 server of another maker is asked only where it is installed.
func TestAnS3ServerHoldsBackups(t *testing.T) {
	program, err := exec.LookPath("versitygw")
	if err != nil {
		t.Skip("no S3 server is installed (versitygw)")
	}
	b, ctx := setUp(t), t.Context()
	root := filepath.Join(b.base, "server")
	if err := os.MkdirAll(filepath.Join(root, "bucket"), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, "--port", at, "posix", root)
	server.Env = append(os.Environ(), "ROOT_ACCESS_KEY=key", "ROOT_SECRET_KEY=secret")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait() // killed
	}()
	for range 100 {
		c, err := net.Dial("tcp", at)
		if err == nil {
			_ = c.Close()
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.o.Repository, b.o.AccessKey, b.o.SecretKey = "s3://bucket/some/prefix?endpoint=http://"+at, "key", "secret"
	s := b.service()
	if r, err := s.Create(ctx, backup.CreateOptions{}, nil); err != nil || r.Files != 19 {
		t.Fatalf("create %+v %v", r, err)
	}
	if d, err := s.Drill(ctx, backup.DrillOptions{}, nil); err != nil || !d.OK || d.Compared != 14 {
		t.Errorf("drill %+v %v", d, err)
	}
	if list, err := filepath.Glob(filepath.Join(root, "bucket/some/prefix/kopia.repository")); err != nil || len(list) != 1 {
		t.Errorf("the prefix holds %v %v", list, err)
	}
	empty(t, b.o.StateDir)
}
