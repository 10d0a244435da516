package app

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/config"
	"exoplanetai/internal/derive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/query"
	"exoplanetai/internal/review"
)

// openCatalogs builds what reads the tables, validates them and makes others of
// them: queries, the history of changes, reviews, derived tables.
func (a *App) openCatalogs(cfg config.Config, o Options, ingesting ingest.Options) error {
	folder, err := filepath.Abs(a.cacheFolder(cfg))
	if err != nil {
		return exo.E("app.openCatalogs", exo.Internal, nil, err)
	}
	q := query.Options{
		Store: a.Store, Tables: a.tables, Program: o.Program, Clock: o.Clock, Log: a.Log, Timeout: cfg.Catalogs.QueryTimeout,
		Resolve: position(ingesting.Resolvers),
	}
	if a.cache != nil {
		q.FS, q.Folder, q.Write = a.cache, folder, o.Role != Reader
	}
	a.Query = query.New(q)
	a.later("query files", a.Query.Close)
	a.History = history.New(a.historyOptions(cfg, o))
	a.Review = review.New(review.Options{
		Store: a.Store, Tables: a.tables, Reports: a.Reports, Clock: o.Clock, Log: a.Log, Program: o.Program, Freshness: ingesting.Freshness,
		Resolve: a.resolve, Asked: a.asked,
	})
	a.Derive = derive.New(derive.Options{Store: a.Store, Tables: a.tables, Clock: o.Clock, Log: a.Log, Program: o.Program})
	return nil
}

// resolve finds the star that a name means.
func (a *App) resolve(ctx context.Context, name, mission string) (exo.TargetID, error) {
	target, err := a.Ingest.Resolve(ctx, name, mission)
	return target.ID, err
}

// asked tells when the archive last confirmed the current table of a type.
func (a *App) asked(ctx context.Context, t catalog.Type) time.Time {
	st, err := a.Ingest.Status(ctx)
	if err != nil || st.Tables[t].CheckedAt == nil {
		return time.Time{}
	}
	return *st.Tables[t].CheckedAt
}

// historyOptions sets up the history of changes, and with a writer the messages
// about them.
func (a *App) historyOptions(cfg config.Config, o Options) history.Options {
	h := history.Options{Store: a.Store, Tables: a.tables, Clock: o.Clock, Log: a.Log, Base: cfg.Changes.BaseURL}
	if o.Role == Reader || len(cfg.Changes.Webhooks) == 0 {
		return h
	}
	h.Poster, a.announces = a.newPoster(o), true
	for _, url := range cfg.Changes.Webhooks {
		h.Hooks = append(h.Hooks, history.Hook{URL: url, Secret: cfg.Changes.WebhookSecret, AllowPrivate: cfg.Changes.WebhookPrivate})
	}
	return h
}

// newPoster makes what delivers messages to web hooks.
func (a *App) newPoster(o Options) *archive.Poster {
	poster := archive.NewPoster(archive.Options{
		UserAgent: "exoplanetai/" + Version, PerHost: 1, Clock: o.Clock, Log: a.Log,
		Random: func() float64 { return float64(o.Random()>>11) / (1 << 53) },
	})
	a.later("web hooks", func() error {
		poster.Close()
		return nil
	})
	return poster
}

// position asks the archives where a star is that the tables do not know. One
// answer is one star; of several none is chosen.
func position(resolvers []archive.Resolver) func(ctx context.Context, name string) (ra, dec float64, err error) {
	return func(ctx context.Context, text string) (ra, dec float64, err error) {
		const op = "app.position"
		name, err := exo.ParseName(text)
		if err != nil {
			return 0, 0, err
		}
		var failed []error
		for _, r := range resolvers {
			found, err := r.Resolve(ctx, name, name.Form.Mission())
			if err != nil {
				failed = append(failed, err)
				continue
			}
			if len(found) == 1 {
				return found[0].RA, found[0].Dec, nil
			}
			if len(found) > 1 {
				return 0, 0, exo.Errorf(op, exo.Invalid, nil, "%.80q means %d stars", text, len(found)).With("parameter", "cone").
					With("candidates", found[:min(len(found), 20)]).Try("give the position, ra,dec,radius, or one star's number")
			}
		}
		unknown := exo.E(op, exo.NotFound, nil, errors.Join(failed...)).Say("no star %.80q is known", text).With("parameter", "cone").
			Try("give the position: ra,dec,radius in degrees")
		if len(failed) == len(resolvers) && len(failed) > 0 {
			unknown.Kind = exo.Unavailable
			unknown = unknown.Say("the archives that know names do not answer")
		}
		return 0, 0, unknown
	}
}
