package app

import (
	"net/http"
	"strings"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/esa"
	"exoplanetai/internal/archive/exofop"
	"exoplanetai/internal/archive/mast"
	"exoplanetai/internal/archive/nea"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/config"
	"exoplanetai/internal/ingest"
)

// ingestOptions sets up the archives and what ingestion stands on. A new
// archive is one more constructor and one more line here.
func (a *App) ingestOptions(cfg config.Config, o Options) ingest.Options {
	at := cfg.Archives
	allowed, public := bases(cfg)
	client := archive.NewClient(archive.Options{
		UserAgent: "exoplanetai/" + Version,
		PerHost:   cfg.MaxConcurrentDownloads,
		Allowed:   allowed,
		Public:    public,
		Clock:     o.Clock,
		Log:       a.Log,
		Observer:  a.metrics,
		Random:    func() float64 { return float64(o.Random()>>11) / (1 << 53) },
	})
	nasa := nea.New(nea.Options{Client: client, Endpoint: endpoint(at.NASA, cfg.NASAAPIKey)})
	toi := exofop.New(exofop.Options{Client: client, Endpoint: endpoint(at.ExoFOP, "")})
	light := mast.New(mast.Options{
		Client: client, Endpoint: endpoint(at.MAST.Source, ""),
		ResolverURL: at.MAST.ResolverURL, BucketURL: at.MAST.BucketURL,
	})
	gaia := esa.New(esa.Options{Client: client, Endpoint: endpoint(at.ESA, cfg.ESAAPIKey)})
	a.archives = map[string]archive.Pinger{"nasa_archive": nasa, "exofop": toi, "mast": light, "esa": gaia}
	fresh := cfg.Freshness
	out := ingest.Options{
		Store:       a.Store,
		Held:        a.tables,
		Tables:      map[catalog.Type]archive.TableSource{catalog.KOI: nasa, catalog.K2: nasa, catalog.TOI: toi, catalog.Gaia: gaia},
		Resolvers:   []archive.Resolver{light, nasa, toi},
		LightCurves: light,
		Freshness: map[string]time.Duration{
			string(catalog.KOI): fresh.KOI, string(catalog.K2): fresh.K2, string(catalog.TOI): fresh.TOI,
			string(catalog.Gaia): fresh.Gaia, "lightcurve": fresh.LightCurve,
		},
		Observe:    a.observeIngest,
		Workers:    cfg.MaxConcurrentDownloads,
		FullReload: cfg.Ingest.FullReload,
		Clock:      o.Clock,
		Log:        a.Log,
	}
	if a.Cache != nil {
		out.Cache = a.Cache
	}
	return out
}

// bases divides the archives' addresses: those that the user has set may be in a
// private network; the built-in ones are public, and are held to that whatever
// their names resolve to.
func bases(cfg config.Config) (allowed, public []string) {
	for _, e := range cfg.Entries() {
		switch {
		case !strings.HasPrefix(e.Key, "data_sources.") || !strings.HasSuffix(e.Key, "_url") || e.Value == "":
		case e.Origin == config.FromDefault:
			public = append(public, e.Value)
		default:
			allowed = append(allowed, e.Value)
		}
	}
	return allowed, public
}

// endpoint turns an archive's settings into its address. A key is sent as a
// header to that host only.
func endpoint(s config.Source, key string) archive.Endpoint {
	e := archive.Endpoint{Base: s.BaseURL, Timeout: s.Timeout, Retries: s.RetryAttempts}
	if key != "" {
		e.Header = http.Header{"X-Api-Key": {key}}
	}
	return e
}
