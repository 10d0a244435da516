package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/sample"
)

// TestRollbackOfATableThatChanged takes a table back to a version after the
// archive changed it, and then forth again. Nothing that was there is touched.
func TestRollbackOfATableThatChanged(t *testing.T) {
	t.Parallel()
	sky, web := archives(t, nil)
	h := newHome(t, web)
	var first, second ingest.TableResult
	h.must(t, &first, "ingest", "table", "toi")
	h.must(t, nil, "version", "create", "v1")
	if err := sky.SetFaults(sample.Fault{Name: "exofop.update", Value: "3"}); err != nil {
		t.Fatal(err)
	}
	h.must(t, &second, "ingest", "table", "toi", "--force-refresh")
	h.must(t, nil, "version", "create", "v2")
	if first.Checksum == second.Checksum {
		t.Fatal("the archive's table did not change")
	}
	for _, step := range []struct{ to, want string }{{"v1", first.Checksum.Hex()}, {"v2", second.Checksum.Hex()}} {
		before := h.files(t, "raw", "lightcurves", "processed", "versions")
		var r maintain.RollbackReport
		h.must(t, &r, "storage", "rollback", "toi", "--to", step.to)
		if r.Status != maintain.RolledBack || len(r.Files) != 1 || len(r.Warnings) > 0 {
			t.Fatalf("to %s: %+v", step.to, r)
		}
		after := h.files(t, "raw", "lightcurves", "processed", "versions")
		if got := after[string(r.Files[0].Path)]; got != step.want || before[string(r.Files[0].Path)] != "" {
			t.Errorf("to %s: the table published is %s, want %s", step.to, got, step.want)
		}
		maps.DeleteFunc(after, func(path, _ string) bool { return before[path] == "" })
		if !maps.Equal(after, before) {
			t.Errorf("to %s: what was there changed", step.to)
		}
		h.must(t, &r, "storage", "rollback", "toi", "--to", step.to)
		if r.Status != maintain.Unchanged || len(r.Files) > 0 {
			t.Errorf("to %s a second time: %+v", step.to, r)
		}
	}
	h.whole(t)
	intact("v1", "v2")(t, h)
}

// hookEar is a web hook that notes what it is sent.
type hookEar struct {
	*httptest.Server
	mu   sync.Mutex // guards what follows
	told []string   // states, as they changed
	bad  []string
}

// listen takes signed messages; one that hangs never answers.
func listen(t *testing.T, secret string, hangs bool) *hookEar {
	t.Helper()
	e := &hookEar{}
	end := make(chan struct{})
	e.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var n struct{ Event, State, Before string }
		jerr := json.Unmarshal(body, &n)
		want := ""
		if secret != "" {
			want = archive.Sign(secret, body)
		}
		e.mu.Lock()
		e.told = append(e.told, n.Before+"-"+n.State)
		if err != nil || jerr != nil || n.Event != "disk" || r.Header.Get(archive.SignatureHeader) != want {
			e.bad = append(e.bad, fmt.Sprintf("%v, %v, %s, signed %q", err, jerr, body, r.Header.Get(archive.SignatureHeader)))
		}
		e.mu.Unlock()
		if hangs {
			select {
			case <-end:
			case <-r.Context().Done():
			}
		}
	}))
	t.Cleanup(func() {
		close(end)
		e.Close()
	})
	return e
}

// heard waits until so many messages have come.
func (e *hookEar) heard(n int) (told, bad []string) {
	for range 100 {
		e.mu.Lock()
		told, bad = e.told, e.bad
		e.mu.Unlock()
		if len(told) >= n {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return told, bad
}

// TestAlertsReachAWebHookAndHoldUpNobody fills a disk under a server and frees it
// again, with one hook that listens and one that never answers.
func TestAlertsReachAWebHookAndHoldUpNobody(t *testing.T) {
	_, web := archives(t, nil)
	for name, secret := range map[string]string{"signed": "a-secret-of-the-test", "not signed": ""} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, web)
			h.smallDisk(t)
			ear, deaf := listen(t, secret, false), listen(t, secret, true)
			h.env = append(h.env, "ALERT_WEBHOOKS="+deaf.URL+","+ear.URL)
			if secret != "" {
				h.env = append(h.env, "WEBHOOK_SECRET="+secret)
			}
			config := filepath.Join(h.dir, "data_config.yaml")
			text, err := os.ReadFile(config)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(config, append(text, "changes:\n  webhook_private: true\n"...), 0o600); err != nil {
				t.Fatal(err)
			}
			h.acknowledge(t)
			url := h.serving(t)
			write := func(want int) {
				t.Helper()
				begin := time.Now()
				res, err := http.Post(url+"/api/v1/data/ingest/table", "application/json", strings.NewReader(`{"table_type":"k2","force_refresh":true}`))
				if err != nil {
					t.Fatal(err)
				}
				if err := res.Body.Close(); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(begin); res.StatusCode != want || d > 8*time.Second {
					t.Errorf("HTTP %d, want %d, after %v", res.StatusCode, want, d)
				}
			}
			write(200)
			free := h.fill(t, 64<<10)
			time.Sleep(1100 * time.Millisecond) // a measurement counts for a second
			write(507)
			write(507)
			free()
			time.Sleep(1100 * time.Millisecond)
			write(200)
			told, bad := ear.heard(2)
			if got := strings.Join(told, " "); got != "ok-full full-ok" || len(bad) > 0 {
				t.Errorf("the hook was told %q, %v", got, bad)
			}
			if told, _ := deaf.heard(1); len(told) == 0 {
				t.Error("the hook that never answers was not tried")
			}
		})
	}
}

// serving starts a server, to be stopped with the test, and returns where it is.
func (h home) serving(t *testing.T) string {
	t.Helper()
	server := h.command("serve", "--listen", "127.0.0.1:0")
	said, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			for word := range strings.FieldsSeq(lines.Text()) {
				if strings.HasPrefix(word, "http://") {
					select {
					case found <- strings.TrimRight(word, ",;"):
					default:
					}
				}
			}
		}
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-drained
		_ = server.Wait() // its end by a signal is wanted
	})
	select {
	case url := <-found:
		return url
	case <-time.After(20 * time.Second):
		t.Fatal("the server does not start")
		return ""
	}
}
