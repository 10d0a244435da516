package api_test

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/jobs"
)

// TestADoubleSubmitIsOneJob is S16 on a real queue: 20 calls at once by two
// users are one job, which belongs to both.
func TestADoubleSubmitIsOneJob(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	hold := make(chan struct{})
	g.ingest.hold = hold
	queue := must(jobs.Open(t.Context(), jobs.Options{DB: g.db, Clock: time.Now, Handlers: api.Handlers(g.ingest, g.proc), Problem: api.ProblemJSON, Log: slog.New(slog.DiscardHandler)}))(t)
	if err := queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = queue.Close(t.Context()) }()
	tokens := []string{g.token("una"), g.token("eve")}
	g.rebuild(func(o *api.Options) { o.Jobs = queue })
	var wait sync.WaitGroup
	ids := make([]string, 20)
	for i := range ids {
		wait.Go(func() {
			w := g.as(tokens[i%2], "POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`, "Prefer", "respond-async")
			if w.Code != 202 {
				t.Errorf("%d %s", w.Code, w.Body)
				return
			}
			ids[i], _ = member(t, w, "job_id").(string)
		})
	}
	wait.Wait()
	if slices.Sort(ids); ids[0] == "" || ids[0] != ids[len(ids)-1] {
		t.Fatalf("jobs %v", slices.Compact(ids))
	}
	path := "/api/v1/jobs/" + ids[0]
	for i, token := range tokens {
		if w := g.as(token, "GET", path, ""); w.Code != 200 {
			t.Errorf("user %d does not see the job: %d", i, w.Code)
		}
		if w := g.as(token, "DELETE", path, ""); w.Code != 409 {
			t.Errorf("user %d cancels the job of both: %d", i, w.Code)
		}
	}
	close(hold)
	r := g.request("GET", path+"/events", "", "Authorization", "Bearer "+tokens[0])
	if w := answerTo(g, r); w.Code != 200 || !strings.Contains(w.Body.String(), "event: end") || !strings.Contains(w.Body.String(), "succeeded") {
		t.Errorf("events: %d %s", w.Code, w.Body)
	}
	g.ingest.mu.Lock()
	defer g.ingest.mu.Unlock()
	if len(g.ingest.calls) != 1 {
		t.Errorf("the work was done %d times", len(g.ingest.calls))
	}
}

// TestParallelChangesOfRolesKeepAnAdmin is S16: two admins lower each other.
func TestParallelChangesOfRolesKeepAnAdmin(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	must(g.auth.CreateUser(t.Context(), "ann", auth.Admin, pass))(t)
	for range 10 / thin {
		tokens := map[string]string{"ada": g.token("ada"), "ann": g.token("ann")}
		var wait sync.WaitGroup
		for by, whom := range map[string]string{"ada": "ann", "ann": "ada"} {
			wait.Go(func() { g.as(tokens[by], "PATCH", "/api/v1/users/"+whom, `{"role":"user"}`) })
		}
		wait.Wait()
		admins := 0
		for _, u := range must(g.auth.Users(t.Context()))(t) {
			if u.Role == auth.Admin {
				admins++
			}
		}
		if admins != 1 {
			t.Fatalf("%d admins are left", admins)
		}
		for _, name := range []string{"ada", "ann"} {
			if err := g.auth.SetRole(t.Context(), name, auth.Admin); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestStreamsAreFew opens one event stream more than a user may have.
func TestStreamsAreFew(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una, eve := g.token("una"), g.token("eve")
	id := openJob(g, "una")["id"]
	if err := g.auth.Own(t.Context(), "job "+id, must(g.auth.User(t.Context(), "eve"))(t).ID); err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/jobs/" + id + "/events"
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			answerTo(g, g.request("GET", path, "", "Authorization", "Bearer "+una).WithContext(ctx))
		})
	}
	for start := time.Now(); g.Streams() < 20; time.Sleep(time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%d streams are open", g.Streams())
		}
	}
	if w := g.as(una, "GET", path, ""); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many: %d %s", w.Code, w.Body)
	}
	late, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if w := answerTo(g, g.request("GET", path, "", "Authorization", "Bearer "+eve).WithContext(late)); w.Code != 200 {
		t.Errorf("another user: %d", w.Code)
	}
	cancel()
	wait.Wait()
	if n := g.Streams(); n != 0 {
		t.Errorf("%d streams are left", n)
	}
}

// TestStrangeAccessRaisesAnAlert is S18 through HTTP: a key from two networks,
// and more downloads than a person makes.
func TestStrangeAccessRaisesAnAlert(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	key, _ := g.key("una", auth.NewKey{})
	watch := audit.NewWatch(audit.WatchOptions{Record: g.audit, Clock: g.clock, Rules: audit.Rules{DownloadFiles: audit.Burst{Count: 20, Within: time.Hour}}})
	g.rebuild(func(o *api.Options) { o.Watch = watch })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- watch.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	for range 21 {
		g.from("192.0.2.1", key, "GET", "/api/v1/files/checksums/raw.sha256", "")
	}
	g.from("203.0.113.9", key, "GET", "/api/v1/catalogs", "")
	for range 12 {
		g.from("198.51.100.1", "", "POST", signInPath, signInBody("una", "wrong-and-long-enough"))
	}
	start := time.Now()
	for want := map[string]bool{audit.RuleDownloads: true, audit.RuleKeyPlaces: true, audit.RuleSignIns: true}; len(want) > 0; time.Sleep(10 * time.Millisecond) {
		for _, e := range g.events(audit.Filter{Action: "alert *"}) {
			delete(want, e.Code)
		}
		if time.Since(start) > 5*time.Second {
			t.Fatalf("no alert of %v", want)
		}
	}
}

// TestTheRecordIsFollowedLive reads the live stream of the record.
func TestTheRecordIsFollowedLive(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada := g.token("ada")
	addr := g.serve(t, func(o *api.Options) { o.Heartbeat = 20 * time.Millisecond; o.WriteTimeout = time.Minute }, nil)
	r, _ := http.NewRequest("GET", "http://"+addr+"/api/v1/audit/events", nil)
	r.Header.Set("Authorization", "Bearer "+ada)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	until := func(want string) bool {
		for lines.Scan() {
			if strings.Contains(lines.Text(), want) {
				return true
			}
		}
		return false
	}
	if !until("still here") {
		t.Fatal("no beginning")
	}
	g.as(ada, "POST", "/api/v1/data/ingest/table", `{"table_type":"toi"}`)
	if !until("event: audit") || !until(`"object":"toi"`) {
		t.Error("the event did not come")
	}
	if err := g.auth.SetRole(t.Context(), "ann", auth.User); err == nil {
		t.Error("there is no ann")
	}
	must(g.auth.CreateUser(t.Context(), "ann", auth.Admin, pass))(t)
	if err := g.auth.SetRole(t.Context(), "ada", auth.User); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if until("never comes") || time.Since(start) > 5*time.Second {
		t.Error("the stream outlives the role")
	}
}
