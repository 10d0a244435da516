package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a program whose parts answer what the test wants.
type fake struct {
	err     error // of every use case
	opened  int   // times the store was opened
	common  cli.Common
	damaged []store.Damage
	calls   []any
	list    string // content of every file that is read
	ripens  bool   // retention has nothing to remove while it is only planned
	files   map[string][]byte
}

func (f *fake) Version() string { return "exoplanetai test" }

func (f *fake) ReadFile(context.Context, string, int64) ([]byte, error) {
	if f.list == "" {
		return nil, fs.ErrNotExist
	}
	return []byte(f.list), nil
}

func (f *fake) Settings(c cli.Common) ([]cli.Setting, error) {
	f.common = c
	return []cli.Setting{{Key: "data_path", Value: "data", Origin: "default"}, {Key: "listen", Value: "x\x1b[31m", Origin: "file"}}, f.err
}

func (f *fake) Read(context.Context, cli.Common) (*cli.Reader, error) {
	f.opened++
	return &cli.Reader{
		Library: f, Ingest: f, Process: processor{fake: f}, Files: processor{fake: f}, Close: func() error { return nil },
		Catalogs: shelf{f}, Versions: shelf{f}, History: shelf{f}, Reports: reviewer{f}, Targets: reviewer{f}, Releases: releases{f}, Integrity: integrity{f}, Base: "http://localhost:8000",
	}, nil
}

func (f *fake) Write(_ context.Context, c cli.Common, _ bool) (*cli.Writer, error) {
	f.common = c
	f.opened++
	return &cli.Writer{Library: f, Reindex: f, Ingest: f, Process: processor{fake: f}, Derive: shelf{f}, Review: reviewer{f}, Reports: reviewer{f}, Releases: releases{f}, Integrity: integrity{f}, Maintain: maintainer{f}, Close: func() error { return nil }}, nil
}

func (f *fake) Backups(context.Context, cli.Common, bool) (*cli.Backups, error) { return nil, f.err }

func (f *fake) Serve(context.Context, cli.Common, cli.ServeOptions, func(string)) error { return f.err }

func (f *fake) Archive(_ context.Context, _ cli.Common, _ cli.ArchiveOptions, ready func(string)) error {
	ready("http://localhost:1")
	return f.err
}

func (f *fake) Faults() []cli.Fault {
	return []cli.Fault{{Name: "any.reset", Doc: "closes the connection"}}
}

func (f *fake) Demo(context.Context, cli.Common, cli.DemoOptions) (*cli.Demo, error) {
	f.opened++
	return &cli.Demo{
		Writer: &cli.Writer{
			Library: f, Ingest: f, Process: processor{f, true}, Derive: shelf{f}, Review: reviewer{f}, Close: func() error { return nil },
		},
		Catalogs: shelf{f}, History: shelf{f}, Pairs: []cli.DemoPair{},
		Archive: "http://localhost:1", Server: "http://localhost:2", Folder: "demo-data",
		Targets: []cli.DemoTarget{{Name: "AU Mic"}},
	}, nil
}

func (f *fake) Table(_ context.Context, req ingest.TableRequest, report ingest.Report) (ingest.TableResult, error) {
	f.calls = append(f.calls, req)
	if report != nil {
		for i := range int64(101) {
			report(i, 100, "rows", "")
		}
	}
	return ingest.TableResult{
		Status: "success", TableType: catalog.Type(req.TableType), Source: ingest.FromArchive, Records: 7, Columns: 3,
		Changes: catalog.Changes{Added: 7}, RawPath: "raw/nasa/koi_20260102_030405.csv", Warnings: []string{"odd\x1b]0;evil\a"},
	}, f.err
}

func (f *fake) LightCurve(_ context.Context, req ingest.LightCurveRequest, _ ingest.Report) (ingest.LightCurveResult, error) {
	f.calls = append(f.calls, req)
	return ingest.LightCurveResult{
		Status: "success", Target: ingest.Target{ID: exo.TargetID{Catalog: exo.TIC, Number: 1}, Mission: exo.TESS},
		Files: []ingest.LightCurveFile{{Path: "lightcurves/tess/s0001/a_lc.fits", Records: 9, CadenceS: 120, SizeBytes: 2880, SectorQuarter: 1}}, DataPoints: 9,
	}, f.err
}

func (f *fake) LightCurves(ctx context.Context, reqs []ingest.LightCurveRequest, _ ingest.Report) ([]ingest.LightCurveOutcome, error) {
	var out []ingest.LightCurveOutcome
	for _, r := range reqs {
		if r.TargetName == "Nobody" {
			out = append(out, ingest.LightCurveOutcome{Request: r, Code: exo.NotFound, Detail: "no such star", Hint: "check the name"})
			continue
		}
		res, _ := f.LightCurve(ctx, r, nil)
		out = append(out, ingest.LightCurveOutcome{Request: r, Result: &res})
	}
	return out, f.err
}

func (f *fake) Batch(_ context.Context, req ingest.BatchRequest, _ ingest.Report) (ingest.BatchResult, error) {
	f.calls = append(f.calls, req)
	return ingest.BatchResult{Status: "partial", Results: map[catalog.Type]ingest.TableResult{"koi": {TableType: "koi"}},
		FailedTables: []ingest.FailedTable{{TableType: "toi", Code: exo.Unavailable, Detail: "ExoFOP is down", Hint: "again later"}}}, f.err
}

func (f *fake) Held(context.Context) ([]ingest.HeldTable, error) {
	return []ingest.HeldTable{{ID: "koi_1", TableType: "koi", Reason: "half the rows are gone"}}, f.err
}

func (f *fake) Approve(_ context.Context, id string) (ingest.TableResult, error) {
	f.calls = append(f.calls, "approve "+id)
	return ingest.TableResult{TableType: "koi"}, f.err
}

func (f *fake) Discard(_ context.Context, id string) error {
	f.calls = append(f.calls, "discard "+id)
	return f.err
}

func (f *fake) Stats(context.Context) (store.Stats, error) {
	return store.Stats{Total: store.Amount{Bytes: 10, Files: 2}, Folders: []store.Folder{{Path: "raw/nasa", Amount: store.Amount{Bytes: 10, Files: 2}}}}, f.err
}

func (f *fake) Verify(context.Context, store.VerifyOptions, func(done, total int64)) (store.VerifyReport, error) {
	return store.VerifyReport{Depth: "full", Files: 2, OK: len(f.damaged) == 0, Damaged: f.damaged}, f.err
}

func (f *fake) Reindex(context.Context, func(done, total int64)) (store.ReindexReport, error) {
	return store.ReindexReport{Files: 2, Damaged: f.damaged}, f.err
}

// run executes one command line into buffers.
func run(f *fake, line ...string) (out, errs string, status int) {
	var o, e bytes.Buffer
	status = cli.Run(context.Background(), f, cli.Terminal{In: strings.NewReader("Kepler-10\n# a comment\n\nTOI-700\n"), Out: &o, Err: &e, Invocation: "run1"}, line)
	return o.String(), e.String(), status
}

func TestEveryCommandWritesDataToStandardOutput(t *testing.T) {
	for name, c := range map[string]struct {
		line []string
		want string
	}{
		"config show":         {[]string{"config", "show"}, "KEY\tVALUE\tORIGIN\ndata_path\tdata\tdefault\nlisten\tx?[31m\tfile\n"},
		"ingest table":        {[]string{"ingest", "table", "koi"}, "TABLE\tSOURCE\tROWS\tCOLUMNS\tADDED\tREMOVED\tCHANGED\tFILE\nkoi\tarchive\t7\t3\t+7\t-0\t~0\traw/nasa/koi_20260102_030405.csv\n"},
		"ingest lightcurve":   {[]string{"ingest", "lightcurve", "TIC 1", "--mission", "tess", "--sector-quarter", "1", "--cadence", "120"}, "TARGET\tMISSION\tSECTOR\tCADENCE\tPOINTS\tBYTES\tSOURCE\tFILE\nTIC 1\tTESS\t1\t120\t9\t2880\t\tlightcurves/tess/s0001/a_lc.fits\n"},
		"ingest held list":    {[]string{"ingest", "held", "list"}, "ID\tTABLE\tROWS\tADDED\tREMOVED\tCHANGED\tREASON\nkoi_1\tkoi\t0\t+0\t-0\t~0\thalf the rows are gone\n"},
		"ingest held discard": {[]string{"ingest", "held", "discard", "koi_1"}, ""},
		"ingest held approve": {[]string{"ingest", "held", "approve", "koi_1", "--json"}, `"table_type": "koi"`},
		"storage stats":       {[]string{"storage", "stats"}, "FOLDER\tFILES\tBYTES\nraw/nasa\t2\t10\ntotal\t2\t10\n"},
		"storage verify":      {[]string{"storage", "verify"}, ""},
		"storage reindex":     {[]string{"storage", "reindex"}, "FILES\tADDED\tLINES\n2\t0\t0\n"},
		"archive faults":      {[]string{"archive", "serve", "--list-faults"}, "FAULT\tWHAT HAPPENS\nany.reset\tcloses the connection\n"},
		"archive serve":       {[]string{"archive", "serve", "--listen", "127.0.0.1:0"}, ""},
		"serve":               {[]string{"serve"}, ""},
		"version":             {[]string{"--version"}, "exoplanetai test\n"},
		"demo":                {[]string{"demo", "--once"}, "28 rows and 9 points"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, status := run(&fake{}, c.line...)
			if status != 0 || (out != c.want && (c.want == "" || !strings.Contains(out, c.want))) {
				t.Errorf("exit %d\ngot  %q\nwant %q\nstderr %s", status, out, c.want, errs)
			}
			if strings.ContainsAny(out+errs, "\x1b\a") {
				t.Errorf("a control character came through: %q %q", out, errs)
			}
		})
	}
}

func TestJSONIsOneDocument(t *testing.T) {
	for _, line := range []string{"config show", "ingest table koi", "ingest lightcurve Kepler-10", "ingest lightcurve Kepler-10 TOI-700", "ingest held list",
		"ingest held discard koi_1", "storage stats", "storage verify", "storage reindex", "archive serve --list-faults", "demo --once"} {
		out, _, status := run(&fake{}, append(strings.Fields(line), "--json")...)
		if status != 0 || !json.Valid([]byte(out)) {
			t.Errorf("%s: exit %d, %q", line, status, out)
		}
	}
}

func TestProgressGoesToStandardErrorOnceATenth(t *testing.T) {
	_, errs, _ := run(&fake{}, "ingest", "table", "koi")
	if n := strings.Count(errs, "koi: "); n != 11 || !strings.Contains(errs, "koi: 100 % (100 of 100 rows)\n") { // ten tenths and one warning
		t.Errorf("%d lines: %s", n, errs)
	}
	if _, errs, _ := run(&fake{}, "ingest", "table", "koi", "--quiet"); errs != "" {
		t.Errorf("--quiet wrote %q", errs)
	}
}

func TestErrorsHaveAHintAndAnExitStatus(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		line   string
		status int
		want   string
	}{
		"a use case's error": {exo.Errorf("op", exo.Unavailable, nil, "the archive does not answer").Try("again later"), "ingest table koi", 5,
			"error: the archive does not answer. Try: again later.\n"},
		"a hint to try later": {exo.Errorf("op", exo.Unavailable, nil, "the archive does not answer").Try("try again later"), "ingest table koi", 5,
			"error: the archive does not answer. Try again later.\n"},
		"not found":                  {exo.Errorf("op", exo.NotFound, nil, "no star is known by that name"), "ingest lightcurve Nobody", 3, "error: no star is known by that name.\n"},
		"a failed validation":        {exo.Errorf("op", exo.Upstream, nil, "the table is not valid").With("validation", 1), "ingest table koi", 4, "error: the table is not valid.\n"},
		"no use":                     {exo.Errorf("op", exo.Upstream, nil, "HTML instead of a table"), "ingest table koi", 5, "HTML"},
		"in use":                     {exo.Errorf("op", exo.Conflict, nil, "the folder is in use"), "ingest table koi", 1, "in use"},
		"a held table":               {exo.Errorf("op", exo.Conflict, nil, "held").With("held_id", "koi_1"), "ingest table koi", 1, "held_id: \"koi_1\""},
		"several stars":              {exo.Errorf("op", exo.Invalid, nil, "ambiguous").With("candidates", []map[string]string{{"id": "TIC 1"}, {"id": "KIC 2"}}), "ingest lightcurve X1", 2, "\n  id KIC 2\n"},
		"a table that does not wait": {nil, "ingest held approve koi_2", 3, "waits for approval"},
		"an unknown command":         {nil, "storge", 2, "\"storge\" is not a command"},
		"a misspelt command":         {nil, "storag", 2, "Try: exoplanetai storage."},
		"a misspelt verb":            {nil, "storage verfy", 2, "Try: exoplanetai storage verify."},
		"an unknown flag":            {nil, "ingest table koi --forse", 2, "--forse"},
		"a missing argument":         {nil, "ingest table", 2, "needs one more word: koi, toi, k2 or gaia. Try: see exoplanetai ingest table --help"},
		"a word too many":            {nil, "ingest batch koi", 2, "\"koi\" is one word too many for exoplanetai ingest batch"},
		"an empty folder":            {nil, "storage stats --data-path=", 2, "--data-path is given without a value"},
		"an empty mission":           {nil, "ingest lightcurve Kepler-10 --mission=", 2, "--mission is given without a value"},
		"a cadence in words":         {nil, "ingest lightcurve Kepler-10 --cadence long", 2, "\"--cadence\": the value cannot be read. Try: see exoplanetai ingest lightcurve --help"},
		"a huge cadence":             {nil, "ingest lightcurve Kepler-10 --cadence 99999999999999999999", 2, "too large"},
		"a wrong table":              {nil, "ingest table xyz", 2, "use one of koi, toi, k2, gaia"},
		"a wrong mission":            {nil, "ingest lightcurve Kepler-10 --mission JWST", 2, "is not a mission"},
		"a name that climbs":         {nil, "ingest lightcurve ../../etc/passwd", 2, "characters that no name has"},
		"a sector below zero":        {nil, "ingest lightcurve Kepler-10 --sector-quarter -3", 2, "--sector-quarter"},
		"a cadence below zero":       {nil, "ingest lightcurve Kepler-10 --cadence -3", 2, "--cadence"},
		"no name at all":             {nil, "ingest lightcurve", 2, "no star is named"},
		"a list that is lost":        {nil, "ingest lightcurve --from none.txt", 3, "none.txt"},
		"a setting without =":        {nil, "config show --set abc", 2, "key=value"},
		"an archive nowhere":         {nil, "archive serve", 2, "--listen"},
		"a batch in part":            {nil, "ingest batch", 5, "error: toi: ExoFOP is down. Try: again later.\n"},
		"one star of two":            {nil, "ingest lightcurve Nobody Kepler-10", 3, "1 of 2 stars failed"},
		"a foreign error":            {errors.New("sql: secret"), "ingest table koi", 1, "internal error"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{err: c.err}
			_, errs, status := run(f, strings.Fields(c.line)...)
			if status != c.status || !strings.Contains(errs, c.want) {
				t.Errorf("exit %d, want %d\ngot  %q\nwant %q", status, c.status, errs, c.want)
			}
			if c.status == 2 && c.err == nil && f.opened > 0 {
				t.Error("the store was opened")
			}
		})
	}
}

func TestErrorsAsJSON(t *testing.T) {
	_, errs, status := run(&fake{err: exo.Errorf("op", exo.Conflict, nil, "held").Try("decide").With("held_id", "koi_1")}, "ingest", "table", "koi", "--json", "--quiet")
	want := `{"error":{"code":"Conflict","held_id":"koi_1","hint":"decide","message":"held","request_id":"run1"}}` + "\n"
	if errs != want || status != 1 {
		t.Errorf("exit %d\ngot  %s\nwant %s", status, errs, want)
	}
}

func TestAMistakeBeforeTheJSONFlagIsJSONToo(t *testing.T) {
	_, errs, status := run(&fake{}, "ingest", "table", "koi", "--forse", "--json")
	if !json.Valid([]byte(errs)) || status != 2 {
		t.Errorf("exit %d: %s", status, errs)
	}
}

func TestAnInterruptedCommandExits130(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	status := cli.Run(ctx, &fake{err: context.Canceled}, cli.Terminal{Out: &out, Err: &errs}, []string{"ingest", "table", "koi"})
	if status != 130 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit %d %s", status, &errs)
	}
}

func TestDamageIsListedAndFails(t *testing.T) {
	f := &fake{damaged: []store.Damage{{Path: "raw/nasa/koi.csv", Class: store.Missing, Detail: "the file is gone", Repair: "fetch it again"}}}
	out, errs, status := run(f, "storage", "verify")
	if status != 4 || out != "PATH\tCLASS\tDETAIL\tVERSIONS\tPRODUCTS\tREPAIR\nraw/nasa/koi.csv\tmissing\tthe file is gone\tv1.2.0\t0\tfetch it again\n" || !strings.Contains(errs, "1 damage found") {
		t.Errorf("exit %d %q %q", status, out, errs)
	}
	if _, _, status := run(f, "storage", "reindex"); status != 4 {
		t.Errorf("reindex: exit %d", status)
	}
}

func TestNamesComeFromArgumentsAndLists(t *testing.T) {
	f := &fake{}
	if _, errs, status := run(f, "ingest", "lightcurve", "K2-18", "--from", "-", "--author", "SPOC"); status != 0 {
		t.Fatalf("exit %d %s", status, errs)
	}
	var got []string
	for _, c := range f.calls {
		got = append(got, c.(ingest.LightCurveRequest).TargetName+"/"+c.(ingest.LightCurveRequest).Author)
	}
	if s := strings.Join(got, " "); s != "K2-18/SPOC Kepler-10/SPOC TOI-700/SPOC" {
		t.Errorf("got %s", s)
	}
}

func TestFlagsBecomeSettings(t *testing.T) {
	f := &fake{}
	if _, errs, status := run(f, "config", "show", "--config", "c.yaml", "--data-path", "/d", "--log-level=debug", "--set", "freshness.koi=1h", "--set", "a=b=c"); status != 0 {
		t.Fatalf("exit %d %s", status, errs)
	}
	got, _ := json.Marshal(f.common.Set)
	if want := `{"a":"b=c","data_path":"/d","freshness.koi":"1h","log_level":"debug"}`; string(got) != want || f.common.File != "c.yaml" {
		t.Errorf("got %s, file %s", got, f.common.File)
	}
}

func TestEveryCommandHasHelpWithThreeExamples(t *testing.T) {
	lines := []string{"", "demo", "serve", "ingest", "ingest table", "ingest lightcurve", "ingest batch", "ingest held", "ingest held list", "ingest held approve",
		"ingest held discard", "storage", "storage stats", "storage verify", "storage reindex", "config", "config show", "archive", "archive serve",
		"validate", "validate file", "validate reports", "validate show", "validate compare", "validate rules"}
	for _, line := range lines {
		out, _, status := run(&fake{}, append(strings.Fields(line), "--help")...)
		_, rest, _ := strings.Cut(out, "Examples:\n")
		examples, _, _ := strings.Cut(rest, "\n\n")
		if n := strings.Count(strings.TrimSpace(examples), "\n") + 1; status != 0 || n < 3 {
			t.Errorf("%q: exit %d, %d examples\n%s", line, status, n, out)
		}
	}
}

func TestTablesAreAlignedOnATerminal(t *testing.T) {
	var out, errs bytes.Buffer
	status := cli.Run(context.Background(), &fake{}, cli.Terminal{Out: &out, Err: &errs, OutTTY: true, ErrTTY: true, Width: 80, UTF8: true, Color: true}, []string{"storage", "stats"})
	want := "FOLDER    FILES  BYTES\nraw/nasa      2     10\ntotal         2     10\n"
	if out.String() != want || status != 0 {
		t.Errorf("got\n%s", &out)
	}
}

func TestANarrowTerminalGetsTheLastColumnOnItsOwnLine(t *testing.T) {
	var out, errs bytes.Buffer
	status := cli.Run(context.Background(), &fake{}, cli.Terminal{Out: &out, Err: &errs, OutTTY: true, Width: 70}, []string{"ingest", "table", "koi"})
	want := "TABLE  SOURCE   ROWS  COLUMNS  ADDED  REMOVED  CHANGED\n  FILE\n" +
		"koi    archive     7        3     +7       -0       ~0\n  raw/nasa/koi_20260102_030405.csv\n"
	if out.String() != want || status != 0 {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestBarsEndWithTheCommand(t *testing.T) {
	var out, errs bytes.Buffer
	status := cli.Run(context.Background(), &fake{}, cli.Terminal{Out: &out, Err: &errs, ErrTTY: true, Width: 80, UTF8: true}, []string{"ingest", "table", "koi"})
	if status != 0 { // goleak sees a bar that goes on
		t.Errorf("exit %d %s", status, &errs)
	}
}
