package archive_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// issuer signs certificates of servers.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	head := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, head, head, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return issuer{cert, key}
}

// serve starts a server at 127.0.0.1 with a certificate for an address and a
// span of time.
func (a issuer) serve(t *testing.T, address string, from, to time.Time, most uint16) string {
	t.Helper()
	head := &x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.ParseIP(address)}, NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, head, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x\n1\n") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: a.key}}, MaxVersion: most}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// A child of TestCertificates is told in its environment which server to ask,
// and what that has.
const trusted, asked = "EXOPLANETAI_TEST_SERVER", "EXOPLANETAI_TEST_KIND"

// TestCertificates asks servers whose authority is trusted: only a certificate of
// the right host and of today is an archive's. The authorities that a process
// trusts are read once, so each case is a process.
func TestCertificates(t *testing.T) { // S15
	if url := os.Getenv(trusted); url != "" {
		askTrusted(t, url, os.Getenv(asked))
		return
	}
	a, now := newIssuer(t), time.Now()
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for kind, url := range map[string]string{
		"right":         a.serve(t, "127.0.0.1", now.Add(-time.Hour), now.Add(time.Hour), 0),
		"expired":       a.serve(t, "127.0.0.1", now.Add(-2*time.Hour), now.Add(-time.Hour), 0),
		"not yet valid": a.serve(t, "127.0.0.1", now.Add(time.Hour), now.Add(2*time.Hour), 0),
		"other host":    a.serve(t, "127.0.0.2", now.Add(-time.Hour), now.Add(time.Hour), 0),
		"old protocol":  a.serve(t, "127.0.0.1", now.Add(-time.Hour), now.Add(time.Hour), tls.VersionTLS11),
		"no encryption": strings.Replace(plain.URL, "http:", "https:", 1),
		"not trusted":   newIssuer(t).serve(t, "127.0.0.1", now.Add(-time.Hour), now.Add(time.Hour), 0),
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCertificates$", "-test.v")
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+file, "SSL_CERT_DIR="+t.TempDir(), trusted+"="+url, asked+"="+kind)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestCertificates") {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
	}
}

func askTrusted(t *testing.T, url, kind string) {
	c, p := client(t, archive.Options{Allowed: []string{url}})
	_, _, err := c.Get(t.Context(), archive.Endpoint{Base: url, Retries: 3}, archive.Request{URL: url})
	if kind == "right" {
		if err != nil {
			t.Errorf("the right certificate: %v", err)
		}
		return
	}
	if !errors.Is(err, exo.Upstream) || len(p.made) != 0 {
		t.Errorf("%v after %d pauses", err, len(p.made))
	}
}
