package app

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"time"

	"exoplanetai/internal/cache/redis"
	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/doctor"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// beyond looks at what the service needs beside the data folder. Nothing is made.
func (p *program) beyond(ctx context.Context, cfg config.Config) []doctor.Finding {
	var found []doctor.Finding
	found = append(found, p.lookAtKeys(cfg)...)
	found = append(found, p.lookAtCertificate(cfg)...)
	return append(found, p.lookAtServers(ctx, cfg)...)
}

// lookAtKeys finds keys and passwords that others may read.
func (p *program) lookAtKeys(cfg config.Config) (found []doctor.Finding) {
	m := newMasterKeys(cfg, p.options(cli.Common{}, Reader, "doctor"))
	if m.text == "" && m.file != "" {
		err := m.check()
		if err == nil {
			_, err = m.read()
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			found = append(found, doctor.Finding{Code: "master-key", Severity: doctor.Error, What: exo.MessageOf(m.failed(err)),
				Why: "tokens cannot be signed and changes cannot be recorded, or whoever reads the key can forge both", Fix: exo.HintOf(m.failed(err))})
		}
	}
	if cfg.Backup.PasswordFile != "" {
		if text := openToOthers(cfg.Backup.PasswordFile); text != "" {
			found = append(found, doctor.Finding{Code: "backup-password-open", Severity: doctor.Warning, What: text,
				Why: "whoever reads it and reaches the repository can read and replace the backups", Fix: "chmod 600 " + cfg.Backup.PasswordFile})
		}
	}
	return found
}

// soon is when a certificate that ends is spoken of.
const soon = 14 * 24 * time.Hour

func (p *program) lookAtCertificate(cfg config.Config) []doctor.Finding {
	if cfg.TLS.CertFile == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLS.CertFile, cfg.TLS.KeyFile)
	if err != nil {
		return []doctor.Finding{{Code: "certificate", Severity: doctor.Error, What: "the certificate of the server cannot be used: " + err.Error(),
			Why: "the server does not start", Fix: "name PEM files that belong together with tls.cert_file and tls.key_file"}}
	}
	found := []doctor.Finding{}
	if text := openToOthers(cfg.TLS.KeyFile); text != "" {
		found = append(found, doctor.Finding{Code: "certificate-key-open", Severity: doctor.Warning, What: "others than its owner may read the key of the certificate",
			Why: "whoever reads it can pass for the server", Fix: "chmod 600 " + cfg.TLS.KeyFile})
	}
	if left := pair.Leaf.NotAfter.Sub(p.clock()); left < soon {
		f := doctor.Finding{Code: "certificate-ends", Severity: doctor.Warning, What: "the certificate of the server ends on " + pair.Leaf.NotAfter.UTC().Format(time.RFC3339),
			Why: "then no client connects", Fix: "put a new one in its place; the server reads it by itself"}
		if left < 0 {
			f.Severity = doctor.Error
		}
		found = append(found, f)
	}
	return found
}

// patience is how long the doctor waits for a server.
const patience = 3 * time.Second

// lookAtServers asks Postgres and Redis whether they are there, and Postgres what
// time it is.
func (p *program) lookAtServers(ctx context.Context, cfg config.Config) (found []doctor.Finding) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if cfg.RedisURL != "" {
		c := redis.Open(redis.Options{URL: cfg.RedisURL, Clock: p.clock, Wait: patience / 2})
		_, _, err := c.Get(ctx, "doctor")
		st := c.State()
		if cerr := c.Close(); err == nil {
			err = cerr
		}
		if err != nil || !st.Up {
			found = append(found, doctor.Finding{Code: "redis-down", Severity: doctor.Warning, What: "Redis (redis_url) does not answer: " + st.Reason,
				Why: "each server caches and counts calls by itself; nothing fails", Fix: "start it, or correct redis_url (REDIS_URL)"})
		}
	}
	if cfg.DatabaseURL != "" {
		found = append(found, p.lookAtPostgres(ctx, cfg)...)
	}
	return found
}

// drift is how far two clocks may be apart.
const drift = 5 * time.Second

func (p *program) lookAtPostgres(ctx context.Context, cfg config.Config) []doctor.Finding {
	db, err := sqldb.Open(ctx, stateDatabase(cfg, true))
	if err != nil {
		return []doctor.Finding{{Code: "postgres-down", Severity: doctor.Error, What: "Postgres (database_url) cannot be used: " + exo.MessageOf(err),
			Why: "nothing can be written, and most of what is read is not found", Fix: "start it, or correct database_url (DATABASE_URL)"}}
	}
	before := p.clock()
	var at float64
	err = db.QueryRowContext(ctx, `SELECT extract(epoch FROM clock_timestamp())::float8`).Scan(&at)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil // it was there a moment ago; opening tells when it is not
	}
	theirs := time.UnixMicro(int64(at * 1e6))
	if apart := theirs.Sub(before).Abs(); apart > drift {
		return []doctor.Finding{{Code: "clock-apart", Severity: doctor.Warning, What: "the clocks of this machine and of Postgres are " + apart.Round(time.Second).String() + " apart",
			Why: "tokens end early or late, and jobs of a living worker may be taken for those of a dead one", Fix: "let both follow the same time (chrony, systemd-timesyncd)"}}
	}
	return nil
}
