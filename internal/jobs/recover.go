package jobs

import (
	"context"
	"database/sql"

	"exoplanetai/internal/exo"
)

// recover brings records and River's jobs together after a process ended,
// however it ended. Nobody else works on this database, so a job marked as
// running is one whose process died.
func (r *Runner) recover(ctx context.Context) error {
	return r.db.InTx(ctx, func(tx *sql.Tx) error {
		for _, stmt := range []string{
			// Who was killed is counted, so that a job that kills its process is
			// not begun for ever.
			`UPDATE jobs SET kills = kills + 1, state = 'queued' WHERE state = 'running'`,
			// What River thinks is running waits again; being killed is no attempt.
			`UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0) WHERE state = 'running'`,
			// The dead process may have been leader, for another 15 seconds.
			`DELETE FROM river_leader`,
		} {
			if _, err := tx.ExecContext(ctx, stmt); err != nil {
				return err
			}
		}
		if err := r.giveUp(ctx, tx); err != nil {
			return err
		}
		if err := r.handAgain(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM jobs WHERE state NOT IN ('queued','running') AND seq <=
			(SELECT seq FROM jobs WHERE state NOT IN ('queued','running') ORDER BY seq DESC LIMIT 1 OFFSET ?)`, keepEnded)
		return err
	})
}

// giveUp ends the jobs during which the process died too often, and those
// that were to be cancelled when it died.
func (r *Runner) giveUp(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `UPDATE jobs SET state = 'cancelled', finished_at = ? WHERE state = 'queued' AND cancel = 1`, r.now())
	if err != nil {
		return err
	}
	problem := r.opts.Problem(exo.Errorf("jobs.Start", exo.Internal, nil, "the program ended %d times during this job", maxKills).
		Try("look into the log for the reason, then submit the job again"))
	_, err = tx.ExecContext(ctx, `UPDATE jobs SET state = 'failed', finished_at = ?, error = ? WHERE state = 'queued' AND kills >= ?`,
		r.now(), string(problem), maxKills)
	return err
}

// handAgain gives River those open jobs that it does not hold any more.
func (r *Runner) handAgain(ctx context.Context, tx *sql.Tx) error {
	lost, err := ids(ctx, tx, `SELECT jobs.id FROM jobs LEFT JOIN river_job ON river_job.id = jobs.river_id
		WHERE jobs.state = 'queued' AND (river_job.id IS NULL OR river_job.state IN ('completed', 'cancelled', 'discarded')) ORDER BY jobs.seq`)
	if err != nil {
		return err
	}
	for _, id := range lost {
		if err := r.hand(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

func ids(ctx context.Context, tx *sql.Tx, query string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}
