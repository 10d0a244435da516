package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/sample"
)

// post asks a server, and decodes its answer.
func post(url, body string, into any) error {
	client := http.Client{Timeout: time.Minute}
	res, err := client.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err := join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s: %s %s", url, res.Status, clip(string(text)))
	}
	return json.Unmarshal(text, into)
}

// TestABackupDuringIngests makes backups of a server's folder while tables come
// in. Each is the state of one moment: verified without a complaint, and brought
// back it is a folder of which every byte is right, none is a stranger and no file
// is missing that was there before.
func TestABackupDuringIngests(t *testing.T) {
	t.Parallel()
	const backups = 3
	sky, web := archives(t, nil)
	h := newHome(t, web)
	first, _ := h.acknowledge(t)
	at := h.serving(t) + "/api/v1/data"
	var came atomic.Int32
	stop := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := sky.SetFaults(sample.Fault{Name: "exofop.update", Value: strconv.Itoa(n)}); err != nil {
				t.Error(err)
				return
			}
			var r struct{ Status string }
			if err := post(at+"/ingest/table", `{"table_type":"toi","force_refresh":true}`, &r); err != nil {
				t.Error(err)
				return
			}
			came.Add(1)
		}
	})
	ids := []string{}
	during := int32(0)
	for range backups {
		before := came.Load()
		var made struct{ Snapshot string }
		if err := post(at+"/backup?force=true", "", &made); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made.Snapshot)
		during += came.Load() - before
		time.Sleep(100 * time.Millisecond)
	}
	close(stop)
	all.Wait()
	if during == 0 {
		t.Error("nothing came in during the backups")
	}
	t.Logf("%d tables came in during %d backups", during, backups)
	for n, id := range ids {
		var proof struct {
			OK      bool
			Damaged []any
		}
		if err := post(at+"/backup/verify?snapshot="+id, "", &proof); err != nil || !proof.OK || len(proof.Damaged) > 0 {
			t.Errorf("backup %d: %+v %v", n, proof, err)
		}
		again := h
		again.tree = filepath.Join(h.dir, "again"+strconv.Itoa(n))
		again = again.with("DATA_PATH=" + again.tree)
		again.must(t, nil, "backup", "restore", id, "--to", again.tree)
		again.whole(t)
		sum := again.files(t, "raw", "lightcurves", "processed")
		for path, want := range h.files(t, "raw", "lightcurves", "processed") {
			if got, ok := sum[path]; ok && got != want { // what came in later is not in it
				t.Errorf("backup %d: %s came back as %s", n, path, got)
			}
		}
		if _, ok := sum[first]; !ok {
			t.Errorf("backup %d lacks %s, which was there before it", n, first)
		}
	}
	count("backups while data came in, each verified and restored", backups)
}
