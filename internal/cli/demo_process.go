package cli

import (
	"context"
	"math"
	"path"
	"slices"
	"strconv"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

// DemoPlanet is a planet of the made-up sky with the transit that is in its
// star's light curves.
type DemoPlanet struct {
	Name                 string
	PeriodDays, EpochBJD float64
	DurationHours, Depth float64 // Depth in parts per million
}

// depth is a planet whose depth was measured in its star's light curves.
type depth struct {
	Star     string   `json:"star"`
	Planet   string   `json:"planet"`
	Truth    float64  `json:"injected_ppm"`
	Default  *float64 `json:"default_ppm"` // nil: too few points
	Transit  *float64 `json:"transit_ppm"`
	Sigma    float64  `json:"sigma_ppm"` // of the last, from the scatter of its points
	InPoints int      `json:"points"`    // in the middle of the transits
}

// demoProcess processes every star that was ingested in both profiles, measures
// what is left of the transits, and makes one file again.
func (c *command) demoProcess(ctx context.Context, d *Demo, res *demoResult) error {
	bar := c.start("processing")
	defer bar.stop()
	for i, l := range res.LightCurves {
		for _, profile := range profiles {
			if slices.ContainsFunc(d.Targets, func(t DemoTarget) bool { return t.Name == l.Target.Query && t.Flaw != "" }) {
				break // its file is wrong on purpose: there is nothing to process
			}
			out, err := d.Process.LightCurve(ctx, process.Request{TargetName: l.Target.Query, Profile: profile}, nil)
			if err != nil {
				return err
			}
			res.Processed = append(res.Processed, out)
		}
		if !c.common.Quiet {
			bar.update(int64(i+1), int64(len(res.LightCurves)), "stars", "")
		}
	}
	bar.stop()
	for _, t := range d.Targets {
		if len(t.Planets) == 0 || !slices.ContainsFunc(res.Processed, func(p process.Result) bool { return p.Target.Query == t.Name }) {
			continue
		}
		measured, err := demoDepths(ctx, d, t)
		if err != nil {
			return err
		}
		res.Depths = append(res.Depths, measured...)
	}
	for _, p := range res.Processed {
		if len(p.Outputs) == 0 || p.Profile != preprocess.ProfileTransit {
			continue
		}
		file := path.Join(d.Folder, string(p.Outputs[0].Path))
		r, err := c.reproduceFrom(ctx, file, d.Process.Find)
		if err != nil {
			return err
		}
		res.Reproduced = &reproduced{string(p.Outputs[0].Path), r}
		if !r.Equal {
			return exo.Errorf("cli.demo", exo.Corrupt, nil, "%s is not what its header says", file).Try("remove the folder %s and run the demo again", d.Folder)
		}
		return nil
	}
	return nil
}

// reproduced is the file that the demonstration made again.
type reproduced struct {
	Path string `json:"path"`
	process.Reproduction
}

// demoDepths measures a star's planets, raw and in both profiles.
func demoDepths(ctx context.Context, d *Demo, t DemoTarget) ([]depth, error) {
	list := make([]depth, len(t.Planets))
	for i, p := range t.Planets {
		list[i] = depth{Star: t.Name, Planet: p.Name, Truth: p.Depth}
	}
	for _, profile := range profiles {
		v, err := d.Process.View(ctx, process.Request{TargetName: t.Name, Profile: profile}, false)
		if err != nil {
			return nil, err
		}
		for i, p := range t.Planets {
			ppm, sigma, n := measureDepth(v.Curves, p, t.Planets)
			if profile == string(preprocess.ProfileDefault) {
				list[i].Default = ppm
				continue
			}
			list[i].Transit, list[i].Sigma, list[i].InPoints = ppm, sigma, n
		}
	}
	return list, nil
}

// measureDepth compares the processed flux in the inner half of a planet's
// transits with that of the neighbourhood, by medians, away from the other
// planets' transits. It returns parts per million, their error from the scatter,
// and the points inside; nil when there are fewer than three of these.
func measureDepth(curves []process.Curve, p DemoPlanet, all []DemoPlanet) (ppm *float64, sigma float64, n int) {
	var in, out []float64
	for _, cv := range curves {
		if cv.Raw == nil || cv.Result == nil {
			continue
		}
		zero := cv.Raw.Scale.Zero()
		for i, y := range cv.Result.Flux {
			t := cv.Raw.Time[i]
			if math.IsNaN(y) || slices.ContainsFunc(all, func(q DemoPlanet) bool { return q.Name != p.Name && q.phase(t, zero) < 0.6 }) {
				continue
			}
			switch x := p.phase(t, zero); {
			case x <= 0.25:
				in = append(in, y)
			case x >= 0.75 && x <= 2.5:
				out = append(out, y)
			}
		}
	}
	if len(in) < 3 || len(out) < 3 {
		return nil, 0, len(in)
	}
	level := middle(out)
	v := 1e6 * (1 - middle(in)/level)
	for i := range out {
		out[i] = math.Abs(out[i] - level)
	}
	return &v, 1e6 * 1.2533 * 1.4826 * middle(out) / level / math.Sqrt(float64(len(in))), len(in)
}

// phase is the distance from mid-transit in transit durations.
func (p DemoPlanet) phase(t, zero float64) float64 {
	dt := t + (zero - p.EpochBJD)
	if p.PeriodDays > 0 {
		dt -= p.PeriodDays * math.Round(dt/p.PeriodDays)
	}
	return math.Abs(dt) / (p.DurationHours / 24)
}

// middle is the median; the order of x changes.
func middle(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// ppmLeft prints what is left of a transit.
func ppmLeft(v *float64) string {
	if v == nil {
		return "deleted"
	}
	return ppm(v)
}

// demoWarning shows what an answer of the profile default says of a star with
// known planets.
func (c *command) demoWarning(res demoResult) {
	for _, p := range res.Processed {
		if p.Profile == preprocess.ProfileDefault && len(p.Ephemerides) > 0 && len(p.Warnings) > 0 {
			c.warn(p.Target.Query+", profile default", p.Warnings)
			return
		}
	}
}

// printDemoProcessed shows what preprocessing did, and what it left of the
// planets.
func (c *command) printDemoProcessed(res demoResult, out func(string, ...any)) error {
	out("\nProcessed, in both profiles")
	var rows [][]string
	for _, p := range res.Processed {
		points, kept, cached := 0, 0, 0
		for _, o := range p.Outputs {
			if o.Report.Metrics.Processed.NIn != nil && o.Report.Metrics.Processed.NKept != nil {
				points += *o.Report.Metrics.Processed.NIn
				kept += *o.Report.Metrics.Processed.NKept
			}
			if o.Cached {
				cached++
			}
		}
		rows = append(rows, []string{p.Target.Query, string(p.Profile), strconv.Itoa(len(p.Outputs)), strconv.Itoa(cached), strconv.Itoa(points), strconv.Itoa(kept),
			strconv.Itoa(p.Report.Flags["quality"]), strconv.Itoa(p.Report.Flags["outlier"])})
	}
	if err := c.table([]string{"STAR", "PROFILE", ">FILES", ">CACHED", ">POINTS", ">KEPT", ">BAD QUALITY", ">OUTLIERS"}, rows); err != nil {
		return err
	}
	if len(res.Depths) > 0 {
		out("\nWhat is left of the transits, in parts per million")
		rows = nil
		for _, p := range res.Depths {
			if p.Transit == nil || p.Truth < 5*p.Sigma {
				continue // less than the noise lets one see
			}
			rows = append(rows, []string{p.Star, p.Planet, ppm(&p.Truth), ppmLeft(p.Default), ppm(p.Transit), "+-" + ppm(&p.Sigma), strconv.Itoa(p.InPoints)})
		}
		if err := c.table([]string{"STAR", "PLANET", ">IN THE SKY", ">DEFAULT", ">TRANSIT", ">ERROR", ">POINTS"}, rows); err != nil {
			return err
		}
		if hidden := len(res.Depths) - len(rows); hidden > 0 {
			out("%s not shown: too shallow for these few files.", count(hidden, "planet", "planets"))
		}
		out("The guide's default parameters take most of a transit away at a cadence of 2 minutes; the profile transit keeps it.")
		c.demoWarning(res)
	}
	if r := res.Reproduced; r != nil {
		out("\nMade again from its source: %s, every number equal %s", r.Path, c.mark(r.Equal))
	}
	return nil
}
