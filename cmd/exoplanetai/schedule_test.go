package main_test

import (
	"path/filepath"
	"testing"
	"time"

	"exoplanetai/internal/sqldb"
)

// What the schedule missed while nothing ran is made up for once.
func TestAMissedScheduleRunsOnce(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	h := newHome(t, web)
	h.must(t, nil, "ingest", "table", "k2")
	h.env = append(h.env, "BACKUP_REPOSITORY=") // so that no other lines run
	srv := h.begin(t, "serve", "--listen", "127.0.0.1:0")
	time.Sleep(1500 * time.Millisecond) // the schedule is seen for the first time
	if n := h.scheduled(t, "schedule.tables"); n != 0 {
		t.Errorf("%d refreshes before the first is due", n)
	}
	if status := srv.stop(t); status != 0 {
		t.Errorf("stopped with %d", status)
	}
	h.past(t, 100*time.Hour)
	srv = h.begin(t, "serve", "--listen", "127.0.0.1:0")
	late := time.Now().Add(20 * time.Second)
	for h.scheduled(t, "schedule.tables") == 0 {
		if time.Now().After(late) {
			t.Fatal("what was missed does not run")
		}
		time.Sleep(200 * time.Millisecond)
	}
	time.Sleep(2500 * time.Millisecond)
	for _, kind := range []string{"schedule.tables", "schedule.lightcurves", "schedule.integrity", "cleanup", "retention"} {
		if n := h.scheduled(t, kind); n != 1 {
			t.Errorf("%s ran %d times for many that were missed", kind, n)
		}
	}
	if n := h.scheduled(t, "backup.create"); n != 0 {
		t.Errorf("%d backups without a repository", n)
	}
	if status := srv.stop(t); status != 0 {
		t.Errorf("stopped with %d", status)
	}
}

// scheduled counts the jobs of a kind.
func (h home) scheduled(t *testing.T, kind string) int {
	t.Helper()
	var list jobList
	h.must(t, &list, "job", "list", "--kind", kind)
	return len(list.Jobs)
}

// past lets all that the schedule did lie so long ago.
func (h home) past(t *testing.T, ago time.Duration) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(h.data(), "metadata", "exoplanetai.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `UPDATE job_schedule SET last_at = last_at - ?`, ago.Microseconds()); err != nil {
		t.Fatal(err)
	}
}
