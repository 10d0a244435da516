package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/universe"
)

// demoSeed makes the sky of the demonstration.
const demoSeed = 1

// Demo starts the sample archives and, on them, a store and a server. It reads
// no configuration but the flags: nothing of a real installation is touched.
func (p *program) Demo(ctx context.Context, c cli.Common, o cli.DemoOptions) (_ *cli.Demo, err error) {
	if o.Listen != "" {
		if err := checkLoopback(o.Listen); err != nil {
			return nil, err
		}
	}
	run := &demoRun{failed: make(chan error, 2)}
	run.ctx, run.cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, run.close())
		}
	}()
	sky := universe.New(demoSeed)
	at, err := run.archives(ctx, p, c, sky)
	if err != nil {
		return nil, err
	}
	l, moved, err := demoListen(ctx, o.Listen)
	if err != nil {
		return nil, err
	}
	cfg, err := demoConfig(c, o, "http://"+at.Addr().String(), l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	options := p.options(c, Server, "demo on "+l.Addr().String())
	options.Level = p.options(c, Writer, "").Level
	a, err := New(ctx, cfg, options)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	run.app = a
	run.start(func() error { return serve(run.ctx, a.API.HTTPServer(), l) })
	w := writer(a)
	w.Close = run.close
	return &cli.Demo{
		Writer: w, Archive: address(at, false), Server: address(l, false), Folder: o.Data, Moved: moved,
		Targets: demoTargets(sky), Failed: run.failed,
		Catalogs: a.Query, History: a.History, Pairs: demoPairs(sky), Change: run.change, Care: a.Integrity,
		Flip: func(p exo.Path) error { return flipBit(filepath.Join(cfg.DataPath, filepath.FromSlash(string(p)))) },
	}, nil
}

// demoRun is what has to be stopped in the end.
type demoRun struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	app    *App
	sample *sample.Server
	failed chan error
}

// change lets ExoFOP change some rows from now on, as it does every day.
func (r *demoRun) change() error {
	return r.sample.SetFaults(sample.Fault{Name: "exofop.update", Value: "3"})
}

// archives starts the sample archives and returns where.
func (r *demoRun) archives(ctx context.Context, p *program, c cli.Common, sky *universe.Universe) (net.Listener, error) {
	log := newLog(p.stderr, p.options(c, Reader, "").Level, nil, 0)
	s, err := sample.New(sample.Options{Universe: sky, Clock: p.clock, Log: log})
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r.sample = s
	r.start(func() error { return serve(r.ctx, archiveServer(s, log), l) })
	return l, nil
}

func (r *demoRun) start(do func() error) {
	r.wg.Go(func() {
		if err := do(); err != nil {
			r.failed <- err
		}
	})
}

func (r *demoRun) close() error {
	r.cancel()
	r.wg.Wait()
	if r.app == nil {
		return nil
	}
	return r.app.Close()
}

// demoListen takes the address asked for; none: port 8000, or a free one.
func demoListen(ctx context.Context, address string) (net.Listener, bool, error) {
	if address != "" {
		l, err := listen(ctx, address)
		return l, false, err
	}
	l, err := listen(ctx, "127.0.0.1:8000")
	if err == nil || ctx.Err() != nil {
		return l, false, err
	}
	l, err = listen(ctx, "127.0.0.1:0")
	return l, true, err
}

// demoConfig is the default configuration with the demonstration's folder and
// addresses.
func demoConfig(c cli.Common, o cli.DemoOptions, archives, listen string) (config.Config, error) {
	if strings.TrimSpace(o.Data) == "" {
		return config.Config{}, exo.Errorf("app.Demo", exo.Invalid, nil, "the folder's name is empty").Try("--data demo-data")
	}
	flags := map[string]string{
		"data_path": o.Data, "cache_path": filepath.Join(o.Data, "cache"), "listen": listen,
	}
	for _, name := range []string{"nasa_archive", "exofop", "mast", "esa"} {
		flags["data_sources."+name+".base_url"] = archives
	}
	for k, v := range c.Set {
		if _, fixed := flags[k]; !fixed {
			flags[k] = v
		}
	}
	return config.Load(config.Sources{
		FileBytes: func(string) ([]byte, error) { return nil, fs.ErrNotExist },
		Flags:     flags,
	})
}

// demoTargets names the stars of the sky that have light curves, well-known
// ones first.
func demoTargets(sky *universe.Universe) []cli.DemoTarget {
	flaws, files := map[exo.TargetID]string{}, map[exo.TargetID]int{}
	for _, f := range sky.Files() {
		files[f.Target]++
		if f.Flaw != "" {
			flaws[f.Target] = f.Flaw
		}
	}
	var known, others []cli.DemoTarget
	for _, s := range sky.Stars() {
		if files[s.ID] == 0 {
			continue
		}
		t := cli.DemoTarget{Name: s.ID.String(), Flaw: flaws[s.ID]}
		for _, p := range s.Planets {
			t.Planets = append(t.Planets, cli.DemoPlanet{
				Name: cmp.Or(p.Name, p.KOI, p.TOI, "candidate"), PeriodDays: p.PeriodDays, EpochBJD: p.EpochBJD, DurationHours: p.DurationH, Depth: p.DepthPPM,
			})
		}
		if s.Real && len(s.Aliases) > 0 {
			t.Name = s.Aliases[0]
			known = append(known, t)
			continue
		}
		others = append(others, t)
	}
	return slices.Concat(known, others)
}

// demoPairs lists the planets of the sky that both the KOI and the TOI table
// list.
func demoPairs(sky *universe.Universe) []cli.DemoPair {
	var list []cli.DemoPair
	for _, s := range sky.Stars() {
		for _, p := range s.Planets {
			if p.KOI != "" && p.TOI != "" {
				list = append(list, cli.DemoPair{KOI: p.KOI, TOI: p.TOI})
			}
		}
	}
	return list
}
