package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/limit"
)

// openAccess opens the accounts and the audit log, both in the state database.
func (a *App) openAccess(ctx context.Context, cfg config.Config, o Options) (err error) {
	a.master = newMasterKeys(cfg, o)
	a.Auth, err = auth.Open(ctx, auth.Options{
		DB: a.db, Ring: a.master.ring, Clock: o.Clock, Rand: o.Rand, Log: a.Log,
		AccessTTL: cfg.Security.AccessToken, RefreshTTL: cfg.Security.RefreshToken, Tries: a.tries,
	})
	if err != nil {
		return err
	}
	options, err := a.auditOptions(ctx, o)
	if err != nil {
		return err
	}
	a.sealing = options.Key
	if o.Role == Server || o.Role == Worker { // rather now than at the first change
		if err := a.canSeal(); err != nil {
			return err
		}
	}
	a.Audit, err = audit.Open(ctx, options)
	return err
}

// canSeal says why nothing could be recorded, if the reason is the key.
func (a *App) canSeal() error {
	if a.sealing == nil {
		return nil
	}
	_, err := a.sealing()
	return err
}

// auditOptions finds the key of the audit log. A log that began before there
// could be one goes on with it, and remembers that.
func (a *App) auditOptions(ctx context.Context, o Options) (audit.Options, error) {
	out := audit.Options{DB: a.db, Clock: o.Clock, Log: a.Log, Written: a.observeEvent}
	if a.mirror != nil {
		out.Mirror, out.ReadMirror, out.MirrorKeep = a.mirror, a.mirror.read, -1
	} else if a.mirrorAt != "" {
		at := &logFile{path: a.mirrorAt}
		out.ReadMirror, out.MirrorKeep = at.read, -1
	}
	made, err := a.Auth.HasSecret(ctx, auditSecret)
	if err != nil {
		return out, err
	}
	plain, err := a.Auth.HasSecret(ctx, plainSecret)
	if err != nil {
		return out, err
	}
	out.AcceptPlain = plain
	switch {
	case made:
		out.Key = func() ([]byte, error) { return a.auditKey(ctx, false) }
	case o.Role == Reader:
		out.AcceptPlain = true
	case !a.master.possible():
		out.AcceptPlain = true
		a.Log.Debug("the audit log has no key, because there is no place for a master key", "setting", "security.master_key_file")
	default:
		if begun, err := a.auditBegun(ctx); err != nil {
			return out, err
		} else if begun {
			if err := a.Auth.PutSecret(ctx, plainSecret, []byte("yes")); err != nil {
				return out, err
			}
			out.AcceptPlain = true
		}
		out.Key = func() ([]byte, error) { return a.auditKey(ctx, true) }
	}
	return out, nil
}

// auditKey opens the key of the audit log. A master key that is not there is told
// with the way on: a record that goes on without its key would be worth nothing.
func (a *App) auditKey(ctx context.Context, create bool) (key []byte, err error) {
	ctx = context.WithoutCancel(ctx)
	if _, err := a.master.ring(); err != nil {
		return nil, err
	}
	if create {
		key, err = a.Auth.Secret(ctx, auditSecret, secretSize)
	} else {
		key, err = a.Auth.FindSecret(ctx, auditSecret)
	}
	if errors.Is(err, exo.Denied) || errors.Is(err, exo.Corrupt) {
		return nil, exo.E("app.auditKey", exo.KindOf(err), nil, err).Say("the key of the audit log was sealed with a master key that is not here, so no change can be recorded").
			Try("put the master key file back from its copy (security.master_key_file); if it is lost for good: exoplanetai key rotate-master --lost")
	}
	return key, err
}

// auditBegun tells whether the log has any event.
func (a *App) auditBegun(ctx context.Context) (bool, error) {
	l, err := audit.Open(ctx, audit.Options{DB: a.db, Clock: func() time.Time { return time.Time{} }, Log: a.Log, AcceptPlain: true})
	if err != nil {
		return false, err
	}
	page, err := l.Query(ctx, audit.Filter{Limit: 1})
	return len(page.Events) > 0, err
}

// act records that a command does something; what cannot be recorded is not done.
func (a *App) act(ctx context.Context, command, object string) (func(error), error) {
	if err := a.canSeal(); err != nil {
		return nil, err
	}
	done, err := a.Audit.Begin(ctx, audit.Event{
		Actor: auth.Local().Name, Role: string(auth.Admin), Via: "cli", Action: "cli " + command, Object: object,
		Detail: map[string]string{"uid": strconv.Itoa(os.Getuid())},
	})
	if err != nil {
		return nil, err
	}
	return func(err error) {
		if err != nil {
			done(audit.Failed, string(exo.KindOf(err)))
			return
		}
		done(audit.Done, "")
	}, nil
}

// tries counts tries to sign in, with all servers together where they share a
// Redis.
func (a *App) tries(ctx context.Context, key string, perMinute int) (time.Duration, error) {
	a.triesMu.Lock()
	l := a.triers[perMinute]
	if l == nil {
		l = a.limiter("tries/"+strconv.Itoa(perMinute), limit.Options{PerMinute: perMinute, Burst: perMinute, Clock: a.clock})
		a.triers[perMinute] = l
	}
	a.triesMu.Unlock()
	d, err := l.Allow(ctx, key, 1)
	if err != nil || d.Allowed {
		return 0, err
	}
	return max(d.RetryAfter, time.Second), nil
}

// watch makes what speaks up about bursts of failures and the like.
func (a *App) watch(cfg config.Config, o Options) {
	w := audit.WatchOptions{Record: a.Audit, Clock: o.Clock, Log: a.Log}
	post := a.posts(cfg, o)
	w.OnAlert = func(_ context.Context, alert audit.Alert) {
		if a.alerted != nil {
			a.alerted(alert)
		}
		post(alert)
	}
	a.Watch = audit.NewWatch(w)
	a.background.start(func(ctx context.Context) { a.endless(ctx, "the audit log is not followed", a.Audit.Run) })
	a.background.start(func(ctx context.Context) { a.endless(ctx, "nobody watches the audit log", a.Watch.Run) })
}

// again is the pause before something that should never end is begun again.
const again = 5 * time.Second

// endless runs what should end only with the context.
func (a *App) endless(ctx context.Context, what string, run func(context.Context) error) {
	for {
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		a.Log.Error(what, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
	}
}

// posts makes what tells the web hooks of an alert, beside what goes on.
func (a *App) posts(cfg config.Config, o Options) func(audit.Alert) {
	if len(cfg.Storage.AlertWebhooks) == 0 {
		return func(audit.Alert) {}
	}
	poster := a.newPoster(o)
	return func(alert audit.Alert) {
		body, err := json.Marshal(struct {
			Event string `json:"event"`
			audit.Alert
		}{"access", alert})
		if err != nil {
			a.Log.Error("an alert cannot be written", "error", err)
			return
		}
		for _, url := range cfg.Storage.AlertWebhooks {
			d := archive.Delivery{URL: url, Secret: cfg.Changes.WebhookSecret, ID: exo.DigestOf(body).Hex()[:32], Body: body, AllowPrivate: cfg.Changes.WebhookPrivate}
			a.background.start(func(ctx context.Context) {
				ctx, cancel := context.WithTimeout(ctx, announceLater)
				defer cancel()
				if err := poster.Post(ctx, d); err != nil {
					a.Log.Warn("an alert was not delivered", "rule", alert.Rule, "error", err)
				}
			})
		}
	}
}

// read opens a log with all that was put aside, oldest first. With tail > 0 the
// files that hold the last bytes are enough.
func (l *logFile) read(tail int64) (io.ReadCloser, error) {
	var files []*os.File
	var size int64
	for i := 0; i <= logKept; i++ {
		name := l.path
		if i > 0 {
			name = l.aside(i)
		}
		f, err := os.Open(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, errors.Join(err, closeAll(files))
		}
		files = append([]*os.File{f}, files...)
		info, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, closeAll(files))
		}
		if size += info.Size(); tail > 0 && size >= tail {
			break
		}
	}
	if skip := size - tail; tail > 0 && skip > 0 && len(files) > 0 {
		if info, err := files[0].Stat(); err == nil {
			if _, err := files[0].Seek(min(skip, info.Size()), io.SeekStart); err != nil {
				return nil, errors.Join(err, closeAll(files))
			}
		}
	}
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		readers[i] = f
	}
	return &manyFiles{io.MultiReader(readers...), files}, nil
}

type manyFiles struct {
	io.Reader
	files []*os.File
}

func (m *manyFiles) Close() error { return closeAll(m.files) }

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
