package app

import (
	"net/http"
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
	client := archive.NewClient(archive.Options{
		UserAgent: "exoplanetai/" + Version,
		PerHost:   cfg.MaxConcurrentDownloads,
		Allowed:   []string{at.NASA.BaseURL, at.ExoFOP.BaseURL, at.MAST.BaseURL, at.MAST.ResolverURL, at.MAST.BucketURL, at.ESA.BaseURL},
		Clock:     o.Clock,
		Log:       a.Log,
		Random:    func() float64 { return float64(o.Random()>>11) / (1 << 53) },
	})
	nasa := nea.New(nea.Options{Client: client, Endpoint: endpoint(at.NASA, cfg.NASAAPIKey)})
	toi := exofop.New(exofop.Options{Client: client, Endpoint: endpoint(at.ExoFOP, "")})
	light := mast.New(mast.Options{
		Client: client, Endpoint: endpoint(at.MAST.Source, ""),
		ResolverURL: at.MAST.ResolverURL, BucketURL: at.MAST.BucketURL,
	})
	gaia := esa.New(esa.Options{Client: client, Endpoint: endpoint(at.ESA, cfg.ESAAPIKey)})
	fresh := cfg.Freshness
	out := ingest.Options{
		Store:       a.Store,
		Tables:      map[catalog.Type]archive.TableSource{catalog.KOI: nasa, catalog.K2: nasa, catalog.TOI: toi, catalog.Gaia: gaia},
		Resolvers:   []archive.Resolver{light, nasa, toi},
		LightCurves: light,
		Freshness: map[string]time.Duration{
			string(catalog.KOI): fresh.KOI, string(catalog.K2): fresh.K2, string(catalog.TOI): fresh.TOI,
			string(catalog.Gaia): fresh.Gaia, "lightcurve": fresh.LightCurve,
		},
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

// endpoint turns an archive's settings into its address. A key is sent as a
// header to that host only.
func endpoint(s config.Source, key string) archive.Endpoint {
	e := archive.Endpoint{Base: s.BaseURL, Timeout: s.Timeout, Retries: s.RetryAttempts}
	if key != "" {
		e.Header = http.Header{"X-Api-Key": {key}}
	}
	return e
}
