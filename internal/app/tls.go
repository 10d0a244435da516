package app

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"

	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
)

// lookAgain is how often the files of the certificate are looked at, while there
// are handshakes.
const lookAgain = time.Second

// certificate is the server's, read again when its files change.
type certificate struct {
	certFile, keyFile string
	clock             exo.Clock
	log               *slog.Logger

	mu     sync.Mutex // guards what follows
	pair   *tls.Certificate
	marks  [2]mark
	looked time.Time
}

// mark tells whether a file is another than before.
type mark struct {
	at   time.Time
	size int64
	id   os.FileInfo
}

// newTLS reads the certificate of the settings; nil if there is none.
func newTLS(cfg config.Config, clock exo.Clock, log *slog.Logger) (*tls.Config, error) {
	const op = "app.newTLS"
	if cfg.TLS.CertFile == "" {
		return nil, nil
	}
	c := &certificate{certFile: cfg.TLS.CertFile, keyFile: cfg.TLS.KeyFile, clock: clock, log: log}
	if err := c.read(); err != nil {
		return nil, exo.E(op, exo.Invalid, nil, err).Say("the certificate %.200s with its key %.200s cannot be used: %v", c.certFile, c.keyFile, err).
			Try("name PEM files that belong together and that you may read with --tls-cert and --tls-key")
	}
	// RFC 9325: TLS 1.2 at least, and there only ephemeral keys with authenticated
	// encryption. The suites of TLS 1.3 are all good and cannot be chosen.
	return &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"},
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}, nil
}

// read takes the files as they are now. Called with mu, or before there is anybody
// else.
func (c *certificate) read() error {
	marks, err := c.look()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair, c.marks, c.looked = &pair, marks, c.clock()
	return nil
}

func (c *certificate) look() (marks [2]mark, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return marks, err
		}
		marks[i] = mark{info.ModTime(), info.Size(), info}
	}
	return marks, nil
}

func (m mark) same(other mark) bool {
	return m.at.Equal(other.at) && m.size == other.size && os.SameFile(m.id, other.id)
}

// get gives the certificate for a handshake. Files that cannot be used, as while
// they are being replaced, leave the one before in its place.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	if since := now.Sub(c.looked); since >= 0 && since < lookAgain {
		return c.pair, nil
	}
	c.looked = now
	marks, err := c.look()
	if err == nil && marks[0].same(c.marks[0]) && marks[1].same(c.marks[1]) {
		return c.pair, nil
	}
	if err == nil {
		err = c.read()
	}
	if err != nil {
		c.log.Error("the certificate has changed and cannot be used; the one before stays", "error", err)
		return c.pair, nil
	}
	c.log.Info("the certificate was read again")
	return c.pair, nil
}
