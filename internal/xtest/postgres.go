package xtest

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Postgres returns the URL of an empty database of its own, on a server that is
// started once for all tests of a package. The database is emptied at the end of
// the test; the server goes at the end of the process, however that ends.
func Postgres(t testing.TB) string {
	t.Helper()
	shared.Lock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = startPostgres(t)
	}
	server, err := shared.server, shared.err
	shared.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	name := server.take(t)
	t.Cleanup(func() { server.giveBack(t, name) })
	return server.url(name)
}

var shared struct {
	sync.Mutex
	server *PostgresServer
	err    error
	made   int      // databases
	free   []string // those that are empty again; to make and to drop one takes longer than to empty it
}

func (s *PostgresServer) take(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if n := len(shared.free); n > 0 {
		name := shared.free[n-1]
		shared.free = shared.free[:n-1]
		return name
	}
	shared.made++
	name := fmt.Sprintf("t%d", shared.made)
	s.sql(t, "postgres", `CREATE DATABASE `+name)
	return name
}

func (s *PostgresServer) giveBack(t testing.TB, name string) {
	t.Helper()
	s.sql(t, name, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
		`DROP SCHEMA public CASCADE`, `CREATE SCHEMA public`)
	shared.Lock()
	defer shared.Unlock()
	shared.free = append(shared.free, name)
}

// PostgresServer is a Postgres server that a test can stop and start again.
type PostgresServer struct {
	URL string // of the database "postgres"

	bin, dir string
	life     *os.File // the server and its files live as long as this is open
	done     *exec.Cmd
}

// NewPostgres starts a server for one test, with further settings: "fsync=on"
// lets it keep what it promises when the power fails.
func NewPostgres(t testing.TB, settings ...string) *PostgresServer {
	t.Helper()
	s, err := startPostgres(t, settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.life.Close()
		_ = s.done.Wait() // its files are gone then
	})
	return s
}

// Stop ends the server at once, as a crash would; connections break.
func (s *PostgresServer) Stop(t testing.TB) { s.control(t, "stop", "-m", "immediate") }

// Start starts it again, with what it held.
func (s *PostgresServer) Start(t testing.TB) { s.control(t, "start") }

// keeper makes a server in $1 with the programs of $2, says so, and waits until
// its input ends, which it does when the test's process does, even by a kill.
const keeper = `cd "$1" && chmod 700 "$1" &&
"$2/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$1/out" 2>&1 &&
cat >>"$1/data/postgresql.conf" <<END &&
listen_addresses = ''
unix_socket_directories = '$1'
max_connections = 200
fsync = off
full_page_writes = off
synchronous_commit = on
max_wal_size = 256MB
$3
END
"$2/pg_ctl" -D "$1/data" -w -l "$1/log" start >>"$1/out" 2>&1 && touch "$1/ready" || touch "$1/failed"
read -r line
"$2/pg_ctl" -D "$1/data" -w -m immediate stop >/dev/null 2>&1
rm -rf "$1"/*`

func startPostgres(t testing.TB, settings ...string) (*PostgresServer, error) {
	t.Helper()
	bin := postgresPrograms(t)
	dir, err := os.MkdirTemp("", "exopg")
	if err != nil {
		return nil, err
	}
	in, life, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	s := &PostgresServer{bin: bin, dir: dir, life: life}
	s.URL = s.url("postgres")
	cmd := exec.Command("/bin/sh", "-c", keeper+`; rmdir "$1"`, "sh", dir, bin, strings.Join(settings, "\n"))
	cmd.Stdin = in
	if err := asPostgres(cmd, dir); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s.done = cmd
	for range 1200 {
		if _, err := os.Stat(filepath.Join(dir, "ready")); err == nil {
			return s, nil
		}
		if _, err := os.Stat(filepath.Join(dir, "failed")); err == nil {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	out, _ := os.ReadFile(filepath.Join(dir, "out")) // as far as there is any
	_ = life.Close()
	return nil, fmt.Errorf("postgres does not start: %s", out)
}

// postgresPrograms returns the folder of the newest server that Debian has here.
func postgresPrograms(t testing.TB) string {
	t.Helper()
	best, newest := "", 0
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is right
	for _, p := range found {
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p)))); err == nil && n > newest {
			best, newest = filepath.Dir(p), n
		}
	}
	if best == "" {
		missing(t, "Debian's postgresql is not installed")
	}
	return best
}

func (s *PostgresServer) url(name string) string {
	return "postgres://postgres@/" + name + "?host=" + url.QueryEscape(s.dir)
}

func (s *PostgresServer) control(t testing.TB, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, "pg_ctl"), append([]string{"-D", filepath.Join(s.dir, "data"), "-w", "-l", filepath.Join(s.dir, "log")}, args...)...)
	if err := asPostgres(cmd, s.dir); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Run(); err != nil { // its output stays with the server, so it is not waited for
		log, _ := os.ReadFile(filepath.Join(s.dir, "log")) // as far as there is any
		t.Fatalf("pg_ctl %v: %v\n%s", args, err, log)
	}
}

func (s *PostgresServer) sql(t testing.TB, database string, texts ...string) {
	t.Helper()
	args := []string{"-X", "-q", "-h", s.dir, "-U", "postgres", "-d", database}
	for _, text := range texts {
		args = append(args, "-c", text)
	}
	cmd := exec.Command(filepath.Join(s.bin, "psql"), args...)
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c client_min_messages=warning")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v %s", texts, err, out.String())
	}
}
