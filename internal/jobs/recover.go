package jobs

import (
	"context"
	"database/sql"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Conditions on who works. On SQLite nobody else works on the database, so at the
// start whatever is marked as running was left by a process that died. On
// Postgres that is so for a worker that has told nothing of itself for a while,
// by the clock of the server.
const (
	nowPostgres  = `CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)`
	alivePg      = `(SELECT id FROM job_workers WHERE alive_at >= ` + nowPostgres + ` - ?)`
	lostRecordPg = ` AND worker NOT IN ` + alivePg
	lostTaskPg   = ` AND coalesce(attempted_by[array_upper(attempted_by, 1)], '') NOT IN ` + alivePg
)

// orphaned returns how the condition for jobs and for River's own goes on, with
// their argument.
func (r *Runner) orphaned() (ofRecord, ofTask string, args []any) {
	if !r.shared {
		return "", "", nil
	}
	return lostRecordPg, lostTaskPg, []any{r.opts.Silence.Microseconds()}
}

// takeUp gives the work of processes that died back to the queue, however they
// ended. Where all live it does nothing, unless it is to look at all jobs.
//
// River's own job is ended and a new one is made. A process that only seemed dead
// and goes on holds the old one: nothing that it still says can touch the new
// run.
func (r *Runner) takeUp(ctx context.Context, all bool) error {
	ofRecord, ofTask, args := r.orphaned()
	return r.db.For("jobs").InTx(ctx, func(tx *sql.Tx) error {
		// Who was killed is counted, so that a job that kills its process is not
		// begun for ever. One that has come further than at the last kill is not such
		// a job.
		taken, err := changed(ctx, tx, `UPDATE jobs SET state = 'queued', kills = CASE WHEN done > kill_done THEN 1 ELSE kills + 1 END,
			kill_done = CASE WHEN done > kill_done THEN done ELSE kill_done END WHERE state = 'running'`+ofRecord, args...)
		if err != nil {
			return err
		}
		tasks, err := changed(ctx, tx, `UPDATE river_job SET state = 'cancelled', finalized_at = CURRENT_TIMESTAMP WHERE state = 'running'`+ofTask, args...)
		if err != nil {
			return err
		}
		if err := r.bury(ctx, tx); err != nil {
			return err
		}
		if taken > 0 {
			r.opts.Log.WarnContext(ctx, "jobs of a process that died are taken up", "jobs", taken)
		}
		if taken+tasks == 0 && !all {
			return nil
		}
		if err := r.giveUp(ctx, tx); err != nil {
			return err
		}
		return r.handAgain(ctx, tx)
	})
}

// bury forgets the processes that died. One of them may have been River's
// leader, which it would stay for another 15 seconds.
func (r *Runner) bury(ctx context.Context, tx *sql.Tx) error {
	if !r.shared {
		_, err := tx.ExecContext(ctx, `DELETE FROM river_leader`)
		return err
	}
	silence := r.opts.Silence.Microseconds()
	if _, err := tx.ExecContext(ctx, `DELETE FROM river_leader WHERE leader_id NOT IN `+alivePg, silence); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM job_workers WHERE alive_at < `+nowPostgres+` - ?`, silence)
	return err
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
	type open struct {
		id        string
		notBefore int64
	}
	rows, err := tx.QueryContext(ctx, `SELECT jobs.id, jobs.not_before FROM jobs LEFT JOIN river_job ON river_job.id = jobs.river_id
		WHERE jobs.state = 'queued' AND (river_job.id IS NULL OR river_job.state IN ('completed', 'cancelled', 'discarded')) ORDER BY jobs.seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var list []open
	for rows.Next() {
		var o open
		if err := rows.Scan(&o.id, &o.notBefore); err != nil {
			return err
		}
		list = append(list, o)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, o := range list {
		if err := r.hand(ctx, tx, o.id, o.notBefore); err != nil {
			return err
		}
	}
	return nil
}

// retain forgets ended jobs that are too many or too old, with their items.
func (r *Runner) retain(ctx context.Context) error {
	const ended = `state IN ('succeeded','failed','cancelled')`
	before := int64(0)
	if r.opts.KeepFor > 0 {
		before = r.opts.Clock().Add(-r.opts.KeepFor).UnixMicro()
	}
	return r.db.For("jobs").InTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM jobs WHERE `+ended+` AND (finished_at < ? OR seq <=
			(SELECT seq FROM jobs WHERE `+ended+` ORDER BY seq DESC LIMIT 1 OFFSET ?))`, before, r.opts.KeepEnded)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM job_items WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = job_items.job_id)`)
		return err
	})
}

// mend looks for jobs of this process that nobody works on, because what was to
// be written about them could not be, and puts them back. It is asked now and
// then; seen holds what it found the last time, and only what stays so counts.
func (r *Runner) mend(ctx context.Context, seen map[string]bool) (map[string]bool, error) {
	ofTask, args := ``, []any{r.id}
	if r.shared {
		ofTask, args = ` AND attempted_by[array_upper(attempted_by, 1)] = ?`, []any{r.id, r.id}
	}
	list, err := texts(ctx, r.db, `SELECT id FROM jobs WHERE state = 'running' AND worker = ?
		UNION SELECT args ->> 'id' FROM river_job WHERE state = 'running'`+ofTask, args...)
	if err != nil {
		return nil, err
	}
	again := map[string]bool{}
	for _, id := range list {
		r.mu.Lock()
		live := r.live[id] != nil
		r.mu.Unlock()
		switch {
		case live:
		case !seen[id]:
			again[id] = true
		default:
			r.opts.Log.WarnContext(ctx, "a job that was left is put back", "job", id)
			if err := r.putBack(ctx, id); err != nil {
				return nil, err
			}
		}
	}
	return again, nil
}

func (r *Runner) putBack(ctx context.Context, id string) error {
	return r.db.For("jobs").InTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'cancelled', finalized_at = CURRENT_TIMESTAMP
			WHERE finalized_at IS NULL AND id = (SELECT river_id FROM jobs WHERE id = ?)`, id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE jobs SET state = 'queued' WHERE id = ? AND state = 'running'`, id); err != nil {
			return err
		}
		if err := r.giveUp(ctx, tx); err != nil {
			return err
		}
		return r.handAgain(ctx, tx)
	})
}

func changed(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func texts(ctx context.Context, db *sqldb.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}
