package process

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/store"
)

// FileInput is a light-curve file outside the store.
type FileInput struct {
	Name        string // file name, for provenance
	Data        []byte
	Profile     string
	Params      json.RawMessage
	Ephemerides []preprocess.Ephemeris // known of the star, on the light curve's scale or in full BJD; nil: none
}

// FileOutput is its result.
type FileOutput struct {
	FITS   []byte
	File   *processed.File
	Report preprocess.Report
}

// Process processes one file in memory. It needs no store. made is written as
// DATE.
func Process(ctx context.Context, in FileInput, program string, made time.Time) (FileOutput, error) {
	recipe, err := preprocess.NewRecipe(preprocess.Profile(in.Profile), in.Params, in.Ephemerides)
	if err != nil {
		return FileOutput{}, err
	}
	m, err := new(desk).make(ctx, input{in.Name, exo.DigestOf(in.Data), in.Data}, recipe, program, made)
	if err != nil {
		return FileOutput{}, err
	}
	data, err := m.fits.Bytes()
	if err != nil {
		return FileOutput{}, err
	}
	return FileOutput{FITS: data, File: m.file, Report: m.report}, nil
}

// Reproduction is the outcome of making a processed file again.
type Reproduction struct {
	Equal       bool                   `json:"equal"`
	Source      string                 `json:"source"`  // where the source was found: a path of the tree, or a file's name
	Datasum     [2]string              `json:"datasum"` // of the file given, of the one made again
	Differences []processed.Difference `json:"differences"`
}

// Reproduce makes a processed file again from its source, whose bytes find
// gives by digest, and compares all data columns bit by bit and all cards by
// value: a header that says more than the parameters do is a difference too.
// exo.NotFound names the source that is missing; exo.Conflict a file made by
// another version of the definitions; exo.Invalid a source with another digest;
// exo.Corrupt a processed file that is damaged.
func Reproduce(ctx context.Context, file *fits.File, find func(context.Context, processed.Source) (data []byte, where string, err error)) (Reproduction, error) {
	const op = "process.Reproduce"
	given, err := processed.Decode(file)
	if err != nil {
		return Reproduction{}, err
	}
	if given.Algorithm != preprocess.Algorithm {
		return Reproduction{}, exo.Errorf(op, exo.Conflict, given.Source.Name,
			"the file was made by version %d of the definitions; this program has version %d", given.Algorithm, preprocess.Algorithm).
			Try("use the program that made it: %s", given.Program)
	}
	src := given.Source
	data, where, err := find(ctx, src)
	if errors.Is(err, exo.NotFound) {
		return Reproduction{}, exo.E(op, exo.NotFound, src.Name, err).Say("the source %s (%s) is not there", src.Name, src.SHA256).
			Try("fetch it from its archive, or say where it is")
	}
	if err != nil {
		return Reproduction{}, err
	}
	if got := exo.DigestOf(data); got != src.SHA256 {
		return Reproduction{}, exo.Errorf(op, exo.Invalid, src.Name, "%s is not the source: its digest is %s, that of the source %s", where, got, src.SHA256).
			Try("the archive may have released a newer version of %s; the one used is needed", src.Name)
	}
	m, err := new(desk).make(ctx, input{src.Name, src.SHA256, data}, given.Recipe, given.Program, given.Made)
	if err != nil {
		return Reproduction{}, err
	}
	return compare(file, given, m.fits, where)
}

// compare reads the file made again as the given one was read.
func compare(file *fits.File, given *processed.File, again *fits.File, where string) (Reproduction, error) {
	r := Reproduction{Source: where, Differences: []processed.Difference{}}
	for i, f := range []*fits.File{file, again} {
		sum, err := processed.Datasum(f)
		if err != nil {
			return Reproduction{}, err
		}
		r.Datasum[i] = sum
	}
	other, err := processed.Decode(again)
	if err != nil {
		return Reproduction{}, exo.E("process.Reproduce", exo.Internal, given.Source.Name, err)
	}
	r.Differences = append(r.Differences, processed.Compare(given, other)...)
	for _, d := range processed.CompareCards(file, again) {
		if !slices.ContainsFunc(r.Differences, func(known processed.Difference) bool { return known.What == d.What }) {
			r.Differences = append(r.Differences, d)
		}
	}
	r.Equal = r.Datasum[0] == r.Datasum[1] && len(r.Differences) == 0
	return r, nil
}

// Find looks for a source by digest in the store: among the files of its star
// first, then among all light curves. exo.NotFound if none has it.
func (s *Service) Find(ctx context.Context, src processed.Source) (data []byte, where string, err error) {
	filters := []store.Filter{{Kind: store.LightCurve}}
	if p, ok := lightcurve.ParseFileName(lightcurve.ArchiveName(src.Name)); ok && !p.ID.IsZero() {
		filters = append([]store.Filter{{Kind: store.LightCurve, Target: p.ID, Mission: p.Mission}}, filters...)
	}
	for _, f := range filters {
		f.SHA256 = src.SHA256
		list, err := s.opt.Store.List(ctx, f)
		if err != nil {
			return nil, "", err
		}
		if len(list) > 0 {
			data, err := s.bytes(ctx, list[0].Path)
			return data, string(list[0].Path), err
		}
	}
	return nil, "", exo.Errorf("process.Find", exo.NotFound, src.Name, "the store holds no light curve with the digest %s (%s)", src.SHA256, src.Name)
}
