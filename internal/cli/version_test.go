package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// releases are versions that remember what was asked of them.
type releases struct{ f *fake }

var (
	aDay     = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	aFile    = version.File{Path: "raw/nasa/koi_20260102_030405.csv", Hash: exo.DigestOf([]byte("abc")), SizeBytes: 3, ModifiedAt: aDay}
	aVersion = version.Manifest{
		Summary: version.Summary{Version: "v1.2.0", Description: "new\x1b[2J", CreatedAt: aDay, TotalSizeBytes: 3, FileCount: 1, Links: version.Links{Copy: 1},
			ID: exo.DigestOf(version.Sums([]version.File{aFile})), Verified: version.ByIndex, FilePatterns: []string{"*.csv"}, Program: "exoplanetai test"},
		Files: []version.File{aFile},
	}
)

func (r releases) note(format string, args ...any) {
	r.f.calls = append(r.f.calls, fmt.Sprintf(format, args...))
}

func (r releases) Create(_ context.Context, o version.CreateOptions) (version.Manifest, error) {
	r.note("create %s %q %v %v %v", o.Name, o.Description, o.Patterns, o.FullHash, o.DryRun)
	return aVersion, r.f.err
}

func (r releases) List(context.Context) ([]version.Summary, error) {
	return []version.Summary{aVersion.Summary}, r.f.err
}

func (r releases) Show(_ context.Context, name exo.VersionName) (version.Manifest, error) {
	if name != "v1.2.0" {
		return version.Manifest{}, exo.Errorf("fake", exo.NotFound, name, "there is no version %s", name).Try("v1.2.0")
	}
	return aVersion, r.f.err
}

func (r releases) Diff(_ context.Context, from, to exo.VersionName, limit int) (version.Diff, error) {
	r.note("diff %s %s %d", from, to, limit)
	return version.Diff{From: from, To: to, Files: version.FileDiff{Added: []version.File{aFile}, Changed: []version.Change{{Path: "processed/v1/koi.csv"}}, AddedTotal: 5000, RemovedTotal: 7, ChangedTotal: 1},
		Tables: []version.TableDiff{{Table: "koi", Added: 1, Changed: 2, Dispositions: []version.Transition{{From: "CANDIDATE", To: "CONFIRMED", Rows: 2}}}}}, r.f.err
}

func (r releases) Verify(_ context.Context, name exo.VersionName, o version.VerifyOptions, _ func(done, total int64)) (version.VerifyReport, error) {
	rep := version.VerifyReport{Version: name, Depth: "full", Files: 1, OK: len(r.f.damaged) == 0, Damaged: []version.Damage{}}
	for _, d := range r.f.damaged {
		rep.Damaged = append(rep.Damaged, version.Damage{Path: exo.Path(d.Path), Class: d.Class, Versions: []exo.VersionName{name}, Repair: "exoplanetai storage repair"})
	}
	return rep, r.f.err
}

func (r releases) Restore(_ context.Context, name exo.VersionName, o version.RestoreOptions, _ func(done, total int64)) (version.RestoreReport, error) {
	r.note("restore %s %s %v %v", name, o.Target, o.Paths, o.DryRun)
	return version.RestoreReport{Version: name, Target: o.Target, Restored: []exo.Path{aFile.Path}, Bytes: 3, DryRun: o.DryRun}, r.f.err
}

func (r releases) RestoreTo(_ context.Context, name exo.VersionName, folder string, o version.RestoreOptions, _ func(done, total int64)) (version.RestoreReport, error) {
	r.note("restore %s to %s %v", name, folder, o.Paths)
	return version.RestoreReport{Version: name, Target: o.Target, Restored: []exo.Path{aFile.Path}, Bytes: 3}, r.f.err
}

func (r releases) Delete(_ context.Context, name exo.VersionName, o version.DeleteOptions) (version.DeleteReport, error) {
	r.note("delete %s %v", name, o.DryRun)
	return version.DeleteReport{Version: name, RemovedFiles: 1, DryRun: o.DryRun}, r.f.err
}

func (r releases) Cite(_ context.Context, name exo.VersionName) (version.Citation, error) {
	return version.Citation{Version: name, Text: "ExoplanetAI data v1.2.0", BibTeX: "@misc{v1,\n}\n", Acknowledgements: []string{"This research has made use of the NASA Exoplanet Archive."}}, r.f.err
}

func (r releases) RebuildBy(context.Context, string) (version.RebuildReport, error) {
	return version.RebuildReport{Recorded: []exo.VersionName{"v1.2.0"}, Restored: []exo.VersionName{}}, r.f.err
}

func TestCommandsOfVersions(t *testing.T) {
	for line, want := range map[string]string{
		"version create v1.2.0 -p *.csv -p *.fits": "VERSION\tFILES\tBYTES\tPARENT\tVERIFIED\tID\nv1.2.0\t1\t3\t-\tindex\t" + aVersion.ID.String() + "\n",
		"version list":                       "VERSION\tCREATED\tFILES\tBYTES\tPARENT\tDESCRIPTION\nv1.2.0\t2026-01-02T12:00:00Z\t1\t3\t-\tnew?[2J\n",
		"version show v1.2.0":                "BYTES\tMODIFIED\tHASH\tPATH\n3\t2026-01-02T12:00:00Z\t" + aFile.Hash.String() + "\traw/nasa/koi_20260102_030405.csv\n",
		"version diff v1.1.0 v1.2.0":         "TABLE\tADDED\tREMOVED\tCHANGED\tDISPOSITIONS\nkoi\t+1\t-0\t~2\t2 CANDIDATE to CONFIRMED\nFILE\tBYTES\tPATH\nadded\t3\traw/nasa/koi_20260102_030405.csv\nchanged\t\tprocessed/v1/koi.csv\n",
		"version verify v1.2.0":              "",
		"version restore v1.2.0":             "PATH\nraw/nasa/koi_20260102_030405.csv\n",
		"version restore v1.2.0 --to /tmp/x": "PATH\nraw/nasa/koi_20260102_030405.csv\n",
		"version delete v1.2.0 --yes":        "",
		"version cite v1.2.0":                "ExoplanetAI data v1.2.0\n\n@misc{v1,\n}\n\nThis research has made use of the NASA Exoplanet Archive.\n",
		"version rebuild":                    "VERSION\tWHAT\nv1.2.0\trecorded from its manifest\n",
	} {
		out, errs, status := run(&fake{}, strings.Fields(line)...)
		if status != 0 || out != want || strings.Contains(out+errs, "\x1b") {
			t.Errorf("%s: exit %d\ngot  %q\nwant %q\n%s", line, status, out, want, errs)
		}
		if out, _, status = run(&fake{}, append(strings.Fields(line), "--json")...); status != 0 || !json.Valid([]byte(out)) {
			t.Errorf("%s --json: exit %d %q", line, status, out)
		}
		if out, _, status = run(&fake{}, append(strings.Fields(line)[:2], "--help")...); status != 0 || strings.Count(out, "  exoplanetai version ")+strings.Count(out, "  git -C ") < 3 && !strings.Contains(out, "catalog diff koi") {
			t.Errorf("%s has fewer than three examples: %s", line, out)
		}
	}
}

func TestFlagsOfVersionsReachThem(t *testing.T) {
	for line, want := range map[string]string{
		"version create v1 -m new --pattern **/*.fits --full-hash": `create v1 "new" [**/*.fits] true false`,
		"version create v1 --dry-run":                              `create v1 "" [] false true`,
		"version diff v1 v2 --limit 7":                             "diff v1 v2 7",
		"version restore v1.2.0 --path *.csv --dry-run":            "restore v1.2.0 in_place [*.csv] true",
		"version restore v1.2.0 --to /tmp/x":                       "restore v1.2.0 to /tmp/x []",
		"version delete v1.2.0 --dry-run":                          "delete v1.2.0 true",
	} {
		f := &fake{}
		if _, errs, status := run(f, strings.Fields(line)...); status != 0 || len(f.calls) != 1 || f.calls[0] != want {
			t.Errorf("%s: exit %d %v %s", line, status, f.calls, errs)
		}
	}
}

func TestWrongCommandsOfVersionsChangeNothing(t *testing.T) {
	for line, status := range map[string]int{
		"version create":                      2,
		"version create ../v1":                2,
		"version create .git":                 2,
		"version create v1 v2":                2,
		"version create CON":                  2,
		"version diff v1":                     2,
		"version show v1.lock":                2,
		"version restore v9":                  3,
		"version restore v1.2.0 --to=":        2,
		"version delete v9 --yes":             3,
		"version delete v1.2.0":               1, // nobody says yes
		"version verify v1.2.0 v1.1.0":        2,
		"version creat v1":                    2,
		"version create v1 --description= -p": 2,
	} {
		f := &fake{}
		if _, errs, got := run(f, strings.Fields(line)...); got != status || len(f.calls) != 0 {
			t.Errorf("%s: exit %d, want %d %v %s", line, got, status, f.calls, errs)
		}
	}
}

func TestDeletingAsksForTheWordYes(t *testing.T) {
	for answer, done := range map[string]bool{"yes\n": true, "yes": true, "y\n": false, "\n": false, "": false, "no\nyes\n": false, strings.Repeat("y", 1000): false} {
		f := &fake{}
		var out, errs bytes.Buffer
		status := cli.Run(t.Context(), f, cli.Terminal{In: strings.NewReader(answer), Out: &out, Err: &errs}, []string{"version", "delete", "v1.2.0"})
		if (status == 0) != done || (len(f.calls) == 1) != done || !strings.Contains(errs.String(), "delete version v1.2.0? Type yes") {
			t.Errorf("%q: exit %d %v %s", answer, status, f.calls, &errs)
		}
	}
}

func TestADamagedVersionIsAnError(t *testing.T) {
	f := &fake{damaged: []store.Damage{{Path: "raw/nasa/koi.csv", Class: store.Damaged}}}
	out, errs, status := run(f, "version", "verify", "v1.2.0")
	if status != 4 || !strings.HasPrefix(out, "PATH\tCLASS\tDETAIL\tVERSIONS\tTARGETS\tREPAIR\n") || !strings.Contains(errs, "storage repair") {
		t.Errorf("exit %d %s %s", status, out, errs)
	}
}

func TestADifferenceIsCountedInFullWhereItsListIsCut(t *testing.T) {
	_, errs, status := run(&fake{}, "version", "diff", "v1.1.0", "v1.2.0")
	if status != 0 || !strings.Contains(errs, "5000 files added, 7 removed, 1 changed") {
		t.Errorf("exit %d: %s", status, errs)
	}
}
