package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/store"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// fakeIngest answers every request and remembers it.
type fakeIngest struct {
	mu     sync.Mutex
	calls  []any
	err    error
	panics bool
	hold   chan struct{} // a table waits for its end; nil: does not wait
	status ingest.Status
}

func (f *fakeIngest) note(req any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, req)
	if f.panics {
		panic("the secret inside")
	}
	return f.err
}

func (f *fakeIngest) Table(_ context.Context, req ingest.TableRequest, _ ingest.Report) (ingest.TableResult, error) {
	if f.hold != nil {
		<-f.hold
	}
	return ingest.TableResult{Status: "success", TableType: catalog.Type(req.TableType), Source: ingest.FromArchive, Warnings: []string{}}, f.note(req)
}

func (f *fakeIngest) LightCurve(_ context.Context, req ingest.LightCurveRequest, _ ingest.Report) (ingest.LightCurveResult, error) {
	return ingest.LightCurveResult{Status: "success", Target: ingest.Target{Query: req.TargetName}, Files: []ingest.LightCurveFile{}, Warnings: []string{}}, f.note(req)
}

func (f *fakeIngest) Batch(_ context.Context, req ingest.BatchRequest, _ ingest.Report) (ingest.BatchResult, error) {
	return ingest.BatchResult{Status: "success"}, f.note(req)
}

func (f *fakeIngest) Status(context.Context) (ingest.Status, error) { return f.status, nil }

func (f *fakeIngest) Held(context.Context) ([]ingest.HeldTable, error) { return nil, nil }

func (f *fakeIngest) Approve(_ context.Context, id string) (ingest.TableResult, error) {
	return ingest.TableResult{Status: "success"}, f.note("approve " + id)
}

func (f *fakeIngest) Discard(_ context.Context, id string) error { return f.note("discard " + id) }

// fakeQueue keeps jobs in memory; a test decides when they end.
type fakeQueue struct {
	mu   sync.Mutex
	jobs map[string]jobs.Job
	ends *jobs.Job // Wait answers with this
}

func (q *fakeQueue) Submit(_ context.Context, kind string, _ any) (jobs.Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j := jobs.Job{ID: "j1", Kind: kind, State: jobs.Queued, CreatedAt: noon}
	if q.jobs == nil {
		q.jobs = map[string]jobs.Job{}
	}
	q.jobs[j.ID] = j
	return j, nil
}

func (q *fakeQueue) set(j jobs.Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.jobs == nil {
		q.jobs = map[string]jobs.Job{}
	}
	q.jobs[j.ID] = j
}

func (q *fakeQueue) Get(_ context.Context, id string) (jobs.Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j, ok := q.jobs[id]
	if !ok {
		return jobs.Job{}, exo.Errorf("fake", exo.NotFound, nil, "there is no job %s", id)
	}
	return j, nil
}

func (q *fakeQueue) List(context.Context, jobs.Filter) ([]jobs.Job, error) { return nil, nil }

func (q *fakeQueue) Cancel(ctx context.Context, id string) (jobs.Job, error) {
	j, err := q.Get(ctx, id)
	if err == nil && j.State != jobs.Running && j.State != jobs.Queued {
		err = exo.Errorf("fake", exo.Conflict, nil, "the job has ended")
	}
	return j, err
}

func (q *fakeQueue) Wait(ctx context.Context, id string) (jobs.Job, error) {
	if q.ends != nil {
		return *q.ends, nil
	}
	return q.Get(ctx, id)
}

// emptyShelf is a store that holds nothing.
type emptyShelf struct{}

func (emptyShelf) Stats(context.Context) (store.Stats, error) { return store.Stats{}, nil }

func (emptyShelf) Get(_ context.Context, p exo.Path) (store.Meta, error) {
	return store.Meta{}, exo.E("fake", exo.NotFound, p, nil)
}

func (emptyShelf) Read(_ context.Context, p exo.Path) (*store.File, error) {
	return nil, exo.E("fake", exo.NotFound, p, nil)
}

func (emptyShelf) Checksums(_ context.Context, name string) ([]byte, error) {
	return nil, exo.E("fake", exo.NotFound, name, nil)
}

type fixture struct {
	*api.Server
	ingest *fakeIngest
	proc   *fakeProcess
	queue  *fakeQueue
	cats   *fakeCatalogs
	review *fakeReview

	releases  *fakeReleases
	maintain  *fakeMaintain
	backup    *fakeBackups
	integrity *fakeIntegrity
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{ingest: &fakeIngest{}, proc: &fakeProcess{}, queue: &fakeQueue{}, cats: newFakeCatalogs(), review: &fakeReview{}, releases: &fakeReleases{}, maintain: &fakeMaintain{}, backup: &fakeBackups{}, integrity: &fakeIntegrity{}}
	s, err := api.New(api.Options{
		Ingest: f.ingest, Process: f.proc, Jobs: f.queue, Library: emptyShelf{}, Version: "test",
		Catalogs: f.cats, Versions: f.cats, History: f.cats, Review: f.review, Reports: f.review, Releases: f.releases, Maintain: f.maintain, Backup: f.backup, Integrity: f.integrity,
		Clock: func() time.Time { return noon }, Rand: rand.NewChaCha8([32]byte{1}),
		Log: slog.New(slog.DiscardHandler), Poll: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Server = s
	return f
}

// do sends one request; header is pairs of name and value.
func (f *fixture) do(method, target, body string, header ...string) *httptest.ResponseRecorder {
	return answerTo(f, f.request(method, target, body, header...))
}

func answerTo(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func (f *fixture) request(method, target, body string, header ...string) *http.Request {
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, "http://localhost:8000"+target, r)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
			continue
		}
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

// problem checks the form that every error has.
func problem(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
	var p map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v in %q", err, w.Body)
	}
	for _, key := range []string{"type", "title", "detail", "code", "hint", "request_id"} {
		if s, ok := p[key].(string); !ok || s == "" {
			t.Errorf("the problem has no %s: %s", key, w.Body)
		}
	}
	if p["request_id"] != w.Header().Get("X-Request-Id") {
		t.Errorf("request_id %v, header %q", p["request_id"], w.Header().Get("X-Request-Id"))
	}
	return p
}

func TestGoodRequestsReachTheUseCase(t *testing.T) {
	one := 1
	for name, c := range map[string]struct {
		target, body string
		want         any
	}{
		"the guide's table line": {"table", `{"table_type": "koi", "force_refresh": true}`, ingest.TableRequest{TableType: "koi", ForceRefresh: true}},
		"null is left out":       {"table", `{"table_type": "toi", "force_refresh": null}`, ingest.TableRequest{TableType: "toi"}},
		"the guide's light curve": {"lightcurve", `{"target_name": "TIC 441420236", "mission": "TESS", "sector_quarter": 1, "force_refresh": false}`,
			ingest.LightCurveRequest{TargetName: "TIC 441420236", Mission: "TESS", SectorQuarter: &one}},
		"a name alone": {"lightcurve", `{"target_name": "AU Mic", "mission": null, "sector_quarter": null}`, ingest.LightCurveRequest{TargetName: "AU Mic"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := f.do("POST", "/api/v1/data/ingest/"+c.target, c.body)
			if w.Code != 200 || strings.Contains(w.Body.String(), "$schema") {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			got, _ := json.Marshal(f.ingest.calls)
			want, _ := json.Marshal([]any{c.want})
			if string(got) != string(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestLongCallsBecomeJobs(t *testing.T) {
	for name, c := range map[string]struct {
		target, body string
		kind         string
	}{
		"a batch":       {"/api/v1/data/ingest/batch?force_refresh=false", "", api.JobBatch},
		"a table":       {"/api/v1/data/ingest/table", `{"table_type":"koi"}`, api.JobTable},
		"a light curve": {"/api/v1/data/ingest/lightcurve", `{"target_name":"TIC 1"}`, api.JobLightCurve},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := f.do("POST", c.target, c.body, "Prefer", "handling=strict, respond-async")
			if w.Code != 202 || w.Header().Get("Location") != "/api/v1/jobs/j1" || strings.TrimSpace(w.Body.String()) != `{"status":"accepted","job_id":"j1"}` {
				t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
			}
			if f.queue.jobs["j1"].Kind != c.kind {
				t.Errorf("got the job %+v", f.queue.jobs["j1"])
			}
		})
	}
}

func TestABatchThatIsWaitedFor(t *testing.T) {
	f := newFixture(t)
	f.queue.ends = &jobs.Job{ID: "j1", State: jobs.Succeeded, Result: json.RawMessage(`{"status":"partial"}`)}
	if w := f.do("POST", "/api/v1/data/ingest/batch?wait=true", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `{"status":"partial"}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.queue.ends = &jobs.Job{ID: "j1", State: jobs.Failed, Error: api.ProblemJSON(exo.Errorf("op", exo.Full, nil, "no room").Try("free some"))}
	w := f.do("POST", "/api/v1/data/ingest/batch?wait=true", "")
	if p := problem(t, w); w.Code != 507 || p["detail"] != "no room" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.queue.ends = &jobs.Job{ID: "j1", State: jobs.Cancelled}
	if w := f.do("POST", "/api/v1/data/ingest/batch?wait=true", ""); w.Code != 409 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestErrorsOfUseCasesTellWhatIsMeantForUsers(t *testing.T) {
	f := newFixture(t)
	f.ingest.err = exo.E("ingest.Table", exo.Unavailable, nil, io.ErrUnexpectedEOF).Say("the archive does not answer").Try("again later").
		With("last_good", map[string]string{"path": "raw/nasa/koi.csv"}).With("status", "never replaces the fixed members").With("retry_after", 7)
	w := f.do("POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`, "X-Request-Id", "my-id.1")
	p := problem(t, w)
	want := `{"type":"/docs#Unavailable","title":"Not available now","status":503,"detail":"the archive does not answer","code":"Unavailable",` +
		`"hint":"again later","request_id":"my-id.1","last_good":{"path":"raw/nasa/koi.csv"},"retry_after":7}`
	if got := strings.TrimSpace(w.Body.String()); got != want || w.Code != 503 || w.Header().Get("Retry-After") != "7" {
		t.Errorf("got  %s\nwant %s (%v)", got, want, p)
	}
}

func TestAPanicIsAnInternalErrorAndTheServerLives(t *testing.T) {
	f := newFixture(t)
	f.ingest.panics = true
	w := f.do("POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`)
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.ingest.panics = false
	if w := f.do("POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`); w.Code != 200 {
		t.Errorf("after the panic: %d", w.Code)
	}
}

func TestEventsFollowAJobToItsEnd(t *testing.T) {
	f := newFixture(t)
	f.queue.set(jobs.Job{ID: "j1", State: jobs.Running})
	srv := httptest.NewServer(f)
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL + "/api/v1/jobs/j1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("content type %q", res.Header.Get("Content-Type"))
	}
	first := make([]byte, 16)
	if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "event: progress\n" {
		t.Fatalf("%q %v", first, err)
	}
	f.queue.set(jobs.Job{ID: "j1", State: jobs.Succeeded, Result: json.RawMessage(`{"rows":3}`)})
	rest, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(rest), "event: end\ndata: {") || !strings.Contains(string(rest), `"rows":3`) {
		t.Errorf("%s %v", rest, err)
	}
}

func TestEventsEndWhenTheServerStops(t *testing.T) {
	f := newFixture(t)
	f.queue.set(jobs.Job{ID: "j1", State: jobs.Running})
	srv := httptest.NewServer(f)
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL + "/api/v1/jobs/j1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	f.StopStreams()
	f.StopStreams()
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Error(err)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	f := newFixture(t)
	for _, target := range []string{"/", "/docs", "/openapi.json", "/api/v1/openapi.json", "/api/v1/jobs", "/nowhere"} {
		w := f.do("GET", target, "")
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", target, name, got)
			}
		}
		if !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'self'") || len(w.Header().Get("X-Request-Id")) != 16 {
			t.Errorf("%s: %v", target, w.Header())
		}
	}
}

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	f := newFixture(t)
	for _, target := range []string{"/", "/docs", "/static/page.css", "/static/docs.js", "/static/index.js", "/static/icon.svg"} {
		w := f.do("GET", target, "")
		body := strings.ReplaceAll(w.Body.String(), `xmlns="http://www.w3.org/2000/svg"`, "")
		body = strings.ReplaceAll(body, "http://localhost:8000", "")
		if w.Code != http.StatusOK || strings.Contains(body, "://") || strings.Contains(body, "innerHTML") {
			t.Errorf("%s: %d, or it names another address, or it writes HTML from text", target, w.Code)
		}
		if strings.Contains(body, "onclick=") || strings.Contains(body, "style=") || strings.Contains(body, "<script>") {
			t.Errorf("%s holds what the content security policy refuses", target)
		}
		again := f.do("GET", target, "", "If-None-Match", w.Header().Get("ETag"))
		if again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", target, again.Code)
		}
	}
}
