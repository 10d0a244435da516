package health

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

// sources tells whether the archives answer, by their last probes and by the
// last calls for the tables.
func (s *Service) sources(ctx context.Context) DataSources {
	d := DataSources{Archives: s.archives(), Tables: []Table{}}
	if s.o.Tables != nil {
		list, err := s.o.Tables(ctx)
		if err != nil {
			d.Check = s.broken(ctx, "data_sources", err)
			return d
		}
		d.Tables = append(d.Tables, list...)
	}
	var lost, failing []string
	probed, asked := 0, 0
	var last *time.Time
	later := func(t *time.Time) {
		if t != nil && (last == nil || t.After(*last)) {
			last = t
		}
	}
	for _, a := range d.Archives {
		if a.Reachable != nil {
			probed++
			if !*a.Reachable {
				lost = append(lost, a.Name)
			}
		}
		later(a.CheckedAt)
	}
	for _, t := range d.Tables {
		if t.Asked {
			asked++
		}
		if t.Error != "" {
			failing = append(failing, t.Name)
		}
		later(t.CheckedAt)
		later(t.ErrorAt)
	}
	d.Check = Check{OK, told(len(d.Archives), probed, len(d.Tables), asked), last}
	const served = "; what is held is served"
	switch {
	case len(lost) > 0 && len(lost) == probed && probed == len(d.Archives):
		d.Status, d.Message = Down, "no archive answers"+served
	case len(lost) > 0:
		d.Status, d.Message = Degraded, "no answer from "+strings.Join(lost, ", ")+served
	case len(failing) > 0 && len(failing) == asked:
		d.Status, d.Message = Down, "the last calls failed for "+strings.Join(failing, ", ")+served
	case len(failing) > 0:
		d.Status, d.Message = Degraded, "the last call failed for "+strings.Join(failing, ", ")+served
	}
	return d
}

// told says what is known when nothing is wrong.
func told(archives, probed, tables, asked int) string {
	text := "no archive has been asked yet"
	if asked > 0 {
		text = fmt.Sprintf("the last calls for %d of %d tables were answered", asked, tables)
	}
	if archives > 0 && probed > 0 {
		text = fmt.Sprintf("%d of %d archives answer; ", probed, archives) + text
	}
	return text
}

// Shares of free disk space below which the storage is in a worse state.
const (
	lowDisk  = 0.05
	fullDisk = 0.005
)

const diskFull = "the disk is full: reading goes on, writing will fail"

func (s *Service) storage(ctx context.Context) Storage {
	st, err := s.o.Storage.Stats(ctx)
	if err != nil {
		return Storage{Check: s.broken(ctx, "storage", err)}
	}
	now := s.o.Clock().UTC()
	r := Storage{
		Check: Check{OK, fmt.Sprintf("%d files, %.1f %% of the disk used", st.Total.Files, st.Disk.UsedPercent), &now},
		Files: st.Total.Files, Bytes: st.Total.Bytes, Disk: &st.Disk, Integrity: &st.Integrity,
	}
	free := 1.0
	if st.Disk.Total > 0 {
		free = float64(st.Disk.Free) / float64(st.Disk.Total)
	}
	switch {
	case free < fullDisk:
		r.Status, r.Message = Degraded, diskFull
	case free < lowDisk:
		r.Status, r.Message = Degraded, fmt.Sprintf("only %.1f %% of the disk are free", 100*free)
	case st.Integrity.LastFullAt == nil && st.Total.Files > 0:
		r.Message += "; never read back, storage verify does it"
	}
	if s.o.Write == nil {
		return r
	}
	err = s.o.Write(ctx)
	yes := err == nil
	r.Writable = &yes
	switch {
	case errors.Is(err, exo.Full):
		r.Status, r.Message, r.full = Degraded, diskFull, true
	case err != nil:
		s.log.ErrorContext(ctx, "the disk takes no files", "error", err)
		r.Status, r.Message = Degraded, "the disk takes no files: reading goes on, writing fails"
	}
	return r
}

func (s *Service) cache(ctx context.Context) Cache {
	now := s.o.Clock().UTC()
	if s.o.Cache == nil {
		return Cache{Check: Check{OK, "there is none", &now}}
	}
	d, err := s.o.Cache(ctx)
	if err != nil {
		return Cache{Check: s.broken(ctx, "cache", err)}
	}
	c := Cache{Check{OK, "there is none", &now}, d}
	if d.Stats != nil {
		st := *d.Stats
		c.Message = fmt.Sprintf("%d entries (%s), %d of %d questions answered", st.Entries, st.Backend, st.Hits, st.Hits+st.Misses)
	}
	if d.Fallback {
		c.Status, c.Message = Degraded, "the shared cache is down, and the local one serves"
	}
	return c
}

// window is how far back the work is looked at.
const window = 24 * time.Hour

func (s *Service) pipeline(ctx context.Context) Pipeline {
	p := Pipeline{WindowH: int(window / time.Hour), Jobs: []Rate{}, Rates: []Rate{}}
	const many = 1000
	list, err := s.o.Jobs.List(ctx, jobs.Filter{Limit: many})
	if err != nil {
		p.Check = s.broken(ctx, "pipeline", err)
		return p
	}
	now := s.o.Clock().UTC()
	p.CheckedAt = &now
	kinds := map[string]Rate{}
	all := Rate{}
	for _, j := range list {
		switch {
		case j.State == jobs.Queued:
			p.Queued++
		case j.State == jobs.Running:
			p.Running++
		case j.FinishedAt == nil || now.Sub(*j.FinishedAt) > window || j.State == jobs.Cancelled:
		case j.State == jobs.Succeeded:
			all.Succeeded++
			r := kinds[j.Kind]
			kinds[j.Kind] = Rate{Name: j.Kind, Succeeded: r.Succeeded + 1, Failed: r.Failed}
		default:
			all.Failed++
			r := kinds[j.Kind]
			kinds[j.Kind] = Rate{Name: j.Kind, Succeeded: r.Succeeded, Failed: r.Failed + 1}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		p.Jobs = append(p.Jobs, kinds[kind].rated())
	}
	p.Status = OK
	p.Message = fmt.Sprintf("%d jobs open, %d succeeded and %d failed within %d h", p.Queued+p.Running, all.Succeeded, all.Failed, p.WindowH)
	if all.bad() {
		p.Status = Degraded
	}
	if s.o.Rates == nil {
		return p
	}
	for _, r := range s.o.Rates(ctx) {
		p.Rates = append(p.Rates, r.rated())
		if r.Counts && r.bad() {
			p.Status = Degraded
			p.Message += fmt.Sprintf("; %d of %d %s without error", r.Succeeded, r.Failed+r.Succeeded, r.Name)
		}
	}
	return p
}
