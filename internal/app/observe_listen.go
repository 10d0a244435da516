package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/health"
)

// observeWorker lets a worker, which has no interface, be looked at all the same.
func (a *App) observeWorker(ctx context.Context, cfg config.Config, o Options) error {
	a.health = health.New(health.Options{
		Storage: a.Store, Write: a.tryWrite, Jobs: a.Jobs, Clock: o.Clock, Log: a.Log,
		Rates: func(context.Context) []health.Rate {
			good, bad := a.Process.Processed()
			return []health.Rate{{Name: "light curves processed", Succeeded: good, Failed: bad, Counts: true}}
		},
	})
	return a.listenMetrics(ctx, cfg)
}

// listenMetrics answers who measures on an address of its own: a server's
// interface may be open to all, and a worker has none. It tells numbers and
// states, and no data; nobody is asked who they are.
func (a *App) listenMetrics(ctx context.Context, cfg config.Config) error {
	if cfg.Metrics.Listen == "" {
		return nil
	}
	l, err := listenAt(ctx, cfg.Metrics.Listen)
	if err != nil {
		return exo.E("app.listenMetrics", exo.KindOf(err), nil, err).Say("%s", exo.MessageOf(err)).Try("choose another address with metrics.listen")
	}
	const slow = 10 * time.Second
	srv := &http.Server{
		Handler: a.measured(), ReadHeaderTimeout: slow, ReadTimeout: slow, WriteTimeout: 2 * slow, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	a.later("metrics", func() error {
		err := srv.Close()
		if serr := <-done; !errors.Is(serr, http.ErrServerClosed) {
			err = errors.Join(err, serr)
		}
		return err
	})
	a.Log.Info("metrics are told", "address", l.Addr().String())
	return nil
}

// measured are the routes of that address.
func (a *App) measured() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	mux.HandleFunc("GET /health/live", func(w http.ResponseWriter, _ *http.Request) {
		a.tell(w, http.StatusOK, map[string]any{"status": health.OK})
	})
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, r *http.Request) {
		if !a.health.Ready(r.Context()) {
			a.tell(w, http.StatusServiceUnavailable, map[string]any{"status": health.Down})
			return
		}
		a.tell(w, http.StatusOK, map[string]any{"status": health.OK})
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) {
		rep, status := a.health.Examine(r.Context()), http.StatusOK
		if rep.Status == health.Down {
			status = http.StatusServiceUnavailable
		}
		a.tell(w, status, rep)
	})
	return mux
}

func (a *App) tell(w http.ResponseWriter, status int, doc any) {
	text, err := json.Marshal(doc)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{}`)
		a.Log.Error("the health cannot be written", "error", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if _, err := w.Write(append(text, '\n')); err != nil {
		a.Log.Debug("the client left before its answer", "error", err)
	}
}
