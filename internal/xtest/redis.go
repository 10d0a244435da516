package xtest

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Redis starts an empty redis-server on a free port of 127.0.0.1, stops it at the
// end of the test, and returns its address.
func Redis(t testing.TB) string {
	t.Helper()
	return NewRedis(t).Addr
}

// RedisServer is a redis-server that a test can stop and start again.
type RedisServer struct {
	Addr string // 127.0.0.1:port
	t    testing.TB
	args []string
	cmd  *exec.Cmd
}

// NewRedis starts a redis-server with further arguments, "--maxmemory", "2mb" for
// two. It keeps nothing on the disk.
func NewRedis(t testing.TB, args ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, args: append([]string{"--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", t.TempDir()}, args...)}
	t.Cleanup(s.Stop)
	for try := range 5 { // another program may take the port in between
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.Addr = l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err = s.start(); err == nil {
			return s
		} else if try == 4 {
			t.Fatal(err)
		}
	}
	return s
}

// Start starts the server again, empty, on the same port.
func (s *RedisServer) Start() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// Stop kills the server, if it runs.
func (s *RedisServer) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may be gone already
	_ = s.cmd.Wait()         // it was killed
	s.cmd = nil
}

// Do sends one command, and returns the answer's first line or text.
func (s *RedisServer) Do(args ...string) string {
	s.t.Helper()
	answer, err := s.do(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}

func (s *RedisServer) start() error {
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	cmd := exec.Command(Tool(s.t, "redis-server"), append([]string{"--port", port}, s.args...)...)
	dieWithUs(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd = cmd
	for range 200 {
		if answer, err := s.do("INFO", "server"); err == nil && strings.Contains(answer, fmt.Sprintf("process_id:%d\r\n", cmd.Process.Pid)) {
			return nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.Stop()
	return fmt.Errorf("redis-server does not answer on %s", s.Addr)
}

func (s *RedisServer) do(args ...string) (string, error) {
	c, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := c.Write([]byte(b.String())); err != nil {
		return "", err
	}
	return readAnswer(bufio.NewReader(c))
}

// readAnswer reads a line, or the text that it announces.
func readAnswer(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	n, err := strconv.Atoi(strings.TrimPrefix(line, "$"))
	if !strings.HasPrefix(line, "$") || err != nil || n < 0 {
		return line, nil
	}
	text := make([]byte, n)
	for got := 0; got < n; {
		m, err := r.Read(text[got:])
		if err != nil {
			return "", err
		}
		got += m
	}
	return string(text), nil
}
