package main_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const password = "correct horse battery staple"

// say runs a command with text on its standard input.
func (h home) say(t *testing.T, input string, args ...string) (out, errs string, code int) {
	t.Helper()
	cmd := h.command(args...)
	var o, e bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &o, &e
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

func (h home) user(t *testing.T, name, role string) {
	t.Helper()
	if _, errs, code := h.say(t, password+"\n", "user", "create", name, "--role", role, "--password-stdin"); code != 0 {
		t.Fatalf("user create: exit %d: %s", code, errs)
	}
}

// running is a program that serves or works until it is stopped.
type running struct {
	cmd  *exec.Cmd
	url  string
	said chan string // the end of its standard error, when it has ended
}

// begin starts a program and waits for the line that tells it is ready.
func (h home) begin(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{cmd: h.command(args...), said: make(chan string, 1)}
	pipe, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		var all []string
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			text := lines.Text()
			if len(all) < 200 {
				all = append(all, text)
			}
			if _, rest, ok := strings.Cut(text, "listening on "); ok {
				url, _, _ := strings.Cut(rest, " ")
				ready <- url
			} else if strings.HasPrefix(text, "working: ") {
				ready <- ""
			}
		}
		r.said <- strings.Join(all, "\n")
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // it may have ended
		_ = r.cmd.Wait()
	})
	select {
	case r.url = <-ready:
	case text := <-r.said:
		t.Fatalf("%v ended: %s", args, text)
	case <-time.After(30 * time.Second):
		t.Fatalf("%v is not ready", args)
	}
	return r
}

// stop ends it as systemd does, and returns the exit status.
func (r *running) stop(t *testing.T) int {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-r.said
	_ = r.cmd.Wait() // the status tells
	return r.cmd.ProcessState.ExitCode()
}

// ask sends a request and decodes the answer.
func ask(t *testing.T, client *http.Client, method, url, body, token string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{}
	if err := json.Unmarshal(text, &doc); err != nil && len(text) > 0 && text[0] == '{' {
		t.Fatalf("%s %s: %v in %s", method, url, err, clip(string(text)))
	}
	return res.StatusCode, doc
}

func plain(t *testing.T) *http.Client {
	c := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestAServiceIsStartedForTheFirstTime(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	h := newHome(t, web)
	for why, line := range map[string][]string{
		"no users, no TLS":   {"serve", "--listen", "0.0.0.0:0"},
		"no users, a proxy":  {"serve", "--listen", "127.0.0.1:0", "--behind-proxy", "127.0.0.1"},
		"a worker on SQLite": {"worker"},
		"no work on SQLite":  {"serve", "--no-work"},
	} {
		if _, errs, code := h.say(t, "", line...); code != 2 || !strings.Contains(errs, "Try: ") {
			t.Errorf("%s: exit %d: %s", why, code, errs)
		}
	}
	if _, err := os.Stat(h.data()); err == nil {
		t.Error("a refused start made the data folder")
	}
	if _, errs, code := h.say(t, password+"\n", "user", "create", "ben", "--role", "user", "--password-stdin"); code == 0 || !strings.Contains(errs, "admin") {
		t.Errorf("the first user is no admin: exit %d: %s", code, errs)
	}
	h.user(t, "anna", "admin")
	h.user(t, "ben", "user")
	if _, errs, code := h.say(t, "", "serve", "--listen", "0.0.0.0:0"); code != 2 || !strings.Contains(errs, "TLS") {
		t.Errorf("users, no TLS: exit %d: %s", code, errs)
	}
	for name, mode := range map[string]os.FileMode{filepath.Join(h.dir, ".config", "exoplanetai", "master.key"): 0o600, filepath.Join(h.data(), "metadata", "exoplanetai.db"): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}

	srv, c := h.begin(t, "serve", "--listen", "127.0.0.1:0"), plain(t)
	if code, _ := ask(t, c, "GET", srv.url+"/api/v1/data/storage/stats", "", ""); code != 401 {
		t.Errorf("nobody: %d", code)
	}
	code, tokens := ask(t, c, "POST", srv.url+"/api/v1/auth/token", fmt.Sprintf(`{"username":"ben","password":%q}`, password), "")
	ben, _ := tokens["access_token"].(string)
	if code != 200 || ben == "" {
		t.Fatalf("sign-in: %d %v", code, tokens)
	}
	if code, _ := ask(t, c, "GET", srv.url+"/api/v1/data/storage/stats", "", ben); code != 200 {
		t.Errorf("ben reads: %d", code)
	}
	if code, _ := ask(t, c, "POST", srv.url+"/api/v1/data/version/create", `{"version_name":"v1"}`, ben); code != 403 {
		t.Errorf("ben makes a version: %d", code)
	}
	out, errs, status := h.say(t, password+"\n", "token", "anna", "--password-stdin") // beside the server
	if status != 0 {
		t.Fatalf("token: %s", errs)
	}
	anna := strings.TrimSpace(out)
	if code, doc := ask(t, c, "POST", srv.url+"/api/v1/data/ingest/table", `{"table_type":"k2"}`, anna); code != 200 {
		t.Errorf("anna: %d %v", code, doc)
	}
	h.must(t, nil, "user", "disable", "ben")
	h.must(t, nil, "audit", "verify")
	if status := srv.stop(t); status != 0 {
		t.Errorf("stopped with %d", status)
	}
	var log struct {
		Events []struct{ Action, Outcome string }
	}
	h.must(t, &log, "audit", "list")
	seen := map[string]bool{}
	for _, e := range log.Events {
		seen[e.Action+" "+e.Outcome] = true
	}
	for _, want := range []string{"cli user create done", "cli user create failed", "cli token done", "POST /api/v1/data/version/create denied", "POST /api/v1/data/ingest/table done", "cli user disable done"} {
		if !seen[want] {
			t.Errorf("the audit log lacks %q: %v", want, seen)
		}
	}
	text, err := os.ReadFile(filepath.Join(h.dir, "logs", "audit.log"))
	if err != nil || bytes.Count(text, []byte("\n")) < 8 || bytes.Contains(text, []byte(password)) {
		t.Errorf("the mirror: %v\n%s", err, clip(string(text)))
	}
}

// pair writes a certificate for 127.0.0.1 with a serial number, and its key.
func pair(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "exo"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{key: {Type: "PRIVATE KEY", Bytes: secret}, cert: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(name+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheCertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	h := newHome(t, web)
	cert, key := filepath.Join(h.dir, "cert.pem"), filepath.Join(h.dir, "key.pem")
	pair(t, cert, key, 1)
	h.user(t, "anna", "admin")
	srv := h.begin(t, "serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	address := strings.Replace(strings.TrimPrefix(srv.url, "https://"), "localhost", "127.0.0.1", 1)
	if !strings.HasPrefix(srv.url, "https://") {
		t.Fatalf("it listens on %s", srv.url)
	}
	serial := func(o *tls.Config) (int64, error) {
		o.InsecureSkipVerify = true // the serial number is all that is asked
		c, err := tls.Dial("tcp", address, o)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	if n, err := serial(&tls.Config{}); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if _, err := serial(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	if _, err := serial(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}); err == nil {
		t.Error("a suite without authenticated encryption is spoken")
	}
	if err := os.WriteFile(cert, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	if n, err := serial(&tls.Config{}); n != 1 || err != nil {
		t.Errorf("with half of a new pair: %d %v", n, err)
	}
	pair(t, cert, key, 2)
	time.Sleep(1100 * time.Millisecond)
	if n, err := serial(&tls.Config{}); n != 2 || err != nil {
		t.Errorf("after the change: %d %v", n, err)
	}
	if status := srv.stop(t); status != 0 {
		t.Errorf("stopped with %d", status)
	}
}

// A key rotation that is killed leaves the old key or the new one, and nothing is
// lost.
func TestARotationIsKilled(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	h := newHome(t, web)
	h.user(t, "anna", "admin")
	h.must(t, nil, "key", "rotate-master")
	begin := time.Now()
	h.must(t, nil, "key", "rotate-master")
	span := time.Since(begin)
	const rounds = 20
	for i := range rounds {
		cmd := h.command("key", "rotate-master")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(span * time.Duration(i+1) / rounds)
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if _, errs, code := h.say(t, password+"\n", "token", "anna", "--password-stdin"); code != 0 {
			t.Fatalf("round %d: no token: %s", i, errs)
		}
	}
	var r struct {
		Sealed int
		Lost   []string
	}
	h.must(t, &r, "key", "rotate-master", "--seal-again")
	if r.Sealed < 2 || len(r.Lost) != 0 {
		t.Errorf("%+v", r)
	}
	h.must(t, nil, "audit", "verify")
	count("kills of a key rotation", rounds)
}

func TestALostMasterKeyLosesOnlySignIns(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	h := newHome(t, web)
	h.user(t, "anna", "admin")
	if err := os.Remove(filepath.Join(h.dir, ".config", "exoplanetai", "master.key")); err != nil {
		t.Fatal(err)
	}
	_, errs, code := h.say(t, password+"\n", "user", "create", "ben", "--role", "user", "--password-stdin")
	if code == 0 || !strings.Contains(errs, "rotate-master --lost") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	h.must(t, nil, "key", "rotate-master", "--lost")
	h.user(t, "ben", "user")
	if _, errs, code := h.say(t, password+"\n", "token", "anna", "--password-stdin"); code != 0 {
		t.Errorf("anna: %s", errs)
	}
}

func TestAMasterKeyIsNotWhereItWouldBeCopied(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	h := newHome(t, web)
	inside := h
	inside.env = append(inside.env, "MASTER_KEY_FILE="+filepath.Join(h.data(), "metadata", "master.key"))
	if _, errs, code := inside.say(t, password+"\n", "user", "create", "anna", "--role", "admin", "--password-stdin"); code == 0 || !strings.Contains(errs, "data folder") {
		t.Errorf("in the data folder: exit %d: %s", code, errs)
	}
	h.user(t, "anna", "admin")
	if err := os.Chmod(filepath.Join(h.dir, ".config", "exoplanetai", "master.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := h.say(t, password+"\n", "token", "anna", "--password-stdin"); code == 0 || !strings.Contains(errs, "chmod 600") {
		t.Errorf("open to others: exit %d: %s", code, errs)
	}
	out, _, _ := h.say(t, "", "doctor", "--json")
	if !strings.Contains(out, `"master-key"`) {
		t.Errorf("the doctor says nothing: %s", clip(out))
	}
}
