package main_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"exoplanetai/internal/xtest"
)

const deploy = "../../deploy"

// shipped reads a file of deploy/ and puts what a machine would have in its place.
func shipped(t *testing.T, name string, change ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, name))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(string(text), change[i]) {
			t.Fatalf("%s has no %q", name, change[i])
		}
	}
	return strings.NewReplacer(change...).Replace(string(text))
}

// TestBehindNginx serves behind nginx with the settings that are shipped: what a
// caller says of an address counts for nothing, what nginx says counts.
func TestBehindNginx(t *testing.T) {
	t.Parallel()
	nginx := xtest.Tool(t, "nginx")
	_, web := archives(t, nil)
	h := newHome(t, web)
	h.user(t, "anna", "admin")
	srv := h.begin(t, "serve", "--listen", "127.0.0.1:0", "--behind-proxy", "127.0.0.1")
	keys := filepath.Join(h.dir, "tls")
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	pair(t, filepath.Join(keys, "fullchain.pem"), filepath.Join(keys, "privkey.pem"), 1)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(h.dir, "nginx.conf")
	text := fmt.Sprintf("daemon off;\nuser root;\npid %s/nginx.pid;\nerror_log %s/nginx.log;\n", h.dir, h.dir) +
		shipped(t, "nginx.conf", "server:8000", strings.TrimPrefix(strings.Replace(srv.url, "localhost", "127.0.0.1", 1), "http://"),
			"/etc/nginx/tls", keys, "listen 443", "listen "+address, "http {", "http {\naccess_log off;\nclient_body_temp_path "+h.dir+"/body;\nproxy_temp_path "+h.dir+"/proxy;\n")
	if os.Getuid() != 0 {
		text = strings.Replace(text, "user root;\n", "", 1)
	}
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := exec.Command(nginx, "-c", conf)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = proxy.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = proxy.Wait()
	})

	// The caller comes from another address than the proxy.
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		for {
			c, err := d.DialContext(ctx, network, address)
			if err == nil || ctx.Err() != nil {
				return c, err
			}
			time.Sleep(10 * time.Millisecond) // nginx is not there yet
		}
	}
	insecure := &tls.Config{InsecureSkipVerify: true} // the certificate is the test's own
	c := &http.Client{Transport: &http.Transport{DialContext: dial, TLSClientConfig: insecure, ForceAttemptHTTP2: true}, Timeout: time.Minute}
	t.Cleanup(c.CloseIdleConnections)
	const base = "https://exoplanets.example.org/api/v1"
	code, tokens := ask(t, c, "POST", base+"/auth/token", fmt.Sprintf(`{"username":"anna","password":%q}`, password), "")
	anna, _ := tokens["access_token"].(string)
	if code != 200 || anna == "" {
		t.Fatalf("sign-in: %d %v", code, tokens)
	}
	req, err := http.NewRequest("GET", base+"/auth/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+anna)
	req.Header["X-Forwarded-For"] = []string{"203.0.113.9", "127.0.0.1"}
	req.Header.Set("X-Forwarded-Proto", "http")
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Error(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != 200 || res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s over %s: %v %v", res.Status, res.Proto, res.Header, err)
	}
	if code, _ := ask(t, c, "POST", base+"/data/validate", `{"x":"`+strings.Repeat("x", 3<<20)+`"}`, anna); code != 413 {
		t.Errorf("3 MiB: %d, want 413", code)
	}
	if _, err := c.Get("https://other.example.org/"); err == nil {
		t.Error("another name is answered")
	}
	if status := srv.stop(t); status != 0 {
		t.Errorf("stopped with %d", status)
	}
	log, err := os.ReadFile(filepath.Join(h.dir, "logs", "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(log)) {
		var e struct{ Address, Path string }
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Address != "127.0.0.2" {
			t.Errorf("%v %s", err, line)
		}
		lines++
	}
	if lines < 2 {
		t.Errorf("%d requests are in the log", lines)
	}
}

// TestTheUnitsOfSystemd lets systemd read the units, and judge what they leave open.
func TestTheUnitsOfSystemd(t *testing.T) {
	t.Parallel()
	analyze := xtest.Tool(t, "systemd-analyze")
	dir := t.TempDir()
	for _, name := range []string{"exoplanetai.service", "exoplanetai-worker@.service"} {
		unit := filepath.Join(dir, name)
		text := shipped(t, filepath.Join("systemd", name), "/usr/local/bin/exoplanetai", os.Args[0])
		if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(analyze, "verify", strings.Replace(unit, "@.", "@1.", 1)).CombinedOutput(); err != nil || strings.Contains(string(out), name) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", "--no-pager", unit).CombinedOutput(); err != nil {
			t.Errorf("%s leaves too much open: %v\n%s", name, err, out)
		}
	}
}
