package jobs_test

import (
	"context"
	"encoding/json"
	"testing"

	"exoplanetai/internal/jobs"
	"exoplanetai/internal/sqldb"
)

// between opens the database while no runner has it.
func between(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), at(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// left submits a job, begins it and closes the runner.
func left(t *testing.T, path string) (id string) {
	t.Helper()
	t.Run("the process before", func(t *testing.T) {
		g := newGate()
		r := open(t, path, map[string]jobs.Handler{"gate": g.handle})
		id = submit(t, r, "gate", nil).ID
		g.wait(t)
	})
	return id
}

func finishes(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { return "done", nil }

func TestWhatAStartFindsIsPutRight(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		for name, c := range map[string]struct {
			damage string
			want   jobs.State
		}{
			"a clean end":                             {`SELECT 1`, jobs.Succeeded},
			"a job that River has lost":               {`DELETE FROM river_job`, jobs.Succeeded},
			"a job that River has given up":           {`UPDATE river_job SET state = 'discarded', finalized_at = CURRENT_TIMESTAMP`, jobs.Succeeded},
			"a record that was running at the kill":   {`UPDATE jobs SET state = 'running'`, jobs.Succeeded},
			"a River job that was running":            {`UPDATE river_job SET state = 'running'`, jobs.Succeeded},
			"a job to be cancelled that was running":  {`UPDATE jobs SET state = 'running', cancel = 1`, jobs.Cancelled},
			"a job that killed its process too often": {`UPDATE jobs SET state = 'running', kills = 2, kill_done = done`, jobs.Failed},
			"a job that came on between the kills":    {`UPDATE jobs SET state = 'running', kills = 2, done = 50, kill_done = 49`, jobs.Succeeded},
			"a leader that died a moment ago": {`DELETE FROM river_leader; INSERT INTO river_leader (elected_at, expires_at, leader_id, name)
			VALUES (CURRENT_TIMESTAMP, '2999-01-01 00:00:00', 'dead', 'default')`, jobs.Succeeded},
		} {
			t.Run(name, func(t *testing.T) {
				path := database(t)
				id := left(t, path)
				between(t, path, c.damage)
				r := open(t, path, map[string]jobs.Handler{"gate": finishes})
				if j := wait(t, r, id); j.State != c.want || j.FinishedAt == nil {
					t.Errorf("got %s %s, want %s", j.State, j.Error, c.want)
				}
				if j := wait(t, r, submit(t, r, "gate", nil).ID); j.State != jobs.Succeeded {
					t.Errorf("afterwards: %s", j.State)
				}
			})
		}
	})
}

func TestARiverJobWithoutRecordIsDropped(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		left(t, path)
		between(t, path, `DELETE FROM jobs`)
		r := open(t, path, map[string]jobs.Handler{"gate": finishes})
		j := wait(t, r, submit(t, r, "gate", "other").ID)
		if list, err := r.List(t.Context(), jobs.Filter{}); err != nil || len(list) != 1 || list[0].ID != j.ID {
			t.Errorf("%v, %v", list, err)
		}
	})
}

func TestOldEndedJobsAreForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		id := left(t, path)
		between(t, path, `INSERT INTO jobs (id, kind, args, digest, state, created_at)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10050)
		SELECT 'old' || i, 'gate', 'null', 'x', 'succeeded', 0 FROM n`,
			`INSERT INTO jobs (id, kind, args, digest, state, created_at, finished_at) VALUES ('aged', 'gate', 'null', 'y', 'failed', 0, 1)`,
			`INSERT INTO job_items (job_id, key, ok, doc) VALUES ('aged', 'a', 1, '{}')`)
		r := open(t, path, nil)
		for old, want := range map[string]bool{"old50": false, "old51": false, "old52": true, "aged": false, "old10050": true, id: true} {
			if _, err := r.Get(t.Context(), old); (err == nil) != want {
				t.Errorf("%s: %v", old, err)
			}
		}
		if items, err := r.Items(t.Context(), "aged"); err != nil || len(items) != 0 {
			t.Errorf("of a job that is forgotten %v is left, %v", items, err)
		}
	})
}

func TestADatabaseOfANewerProgramIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		left(t, path)
		between(t, path, `UPDATE schema_versions SET version = 99 WHERE name = 'jobs'`)
		db, err := sqldb.Open(t.Context(), at(path))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := jobs.Open(t.Context(), jobs.Options{DB: db, Clock: clock}); err == nil {
			t.Error("it was opened")
		}
		if _, err := jobs.Open(t.Context(), jobs.Options{}); err == nil {
			t.Error("a runner without database was opened")
		}
	})
}
