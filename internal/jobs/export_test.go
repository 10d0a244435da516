package jobs

import (
	"context"
	"strings"
	"time"
)

// CheckPeriodic is what Open does with a schedule.
func CheckPeriodic(list []Periodic) error { return checkPeriodic(Options{Periodic: list}) }

// NextCron returns the first time after t that the text means.
func NextCron(text string, t time.Time) (time.Time, error) {
	c, err := parseCron(text)
	return c.next(t), err
}

// Mend looks for jobs that were left, twice.
func (r *Runner) Mend(ctx context.Context) error {
	seen, err := r.mend(ctx, nil)
	if err == nil {
		_, err = r.mend(ctx, seen)
	}
	return err
}

// Damage runs statements that end in nothing, on the record of a job and on
// River's own, as if they were this process's.
func (r *Runner) Damage(ctx context.Context, statements, id string) error {
	for text := range strings.SplitSeq(statements, ";") {
		if strings.Contains(text, "river_job") {
			by := `'["' || ? || '"]'`
			if r.shared {
				by = `ARRAY[CAST(? AS TEXT)]`
			}
			text += `, attempted_by = ` + by + ` WHERE id = (SELECT river_id FROM jobs WHERE id = ?)`
		} else {
			text += `, worker = ? WHERE id = ?`
		}
		if _, err := r.db.ExecContext(ctx, text, r.id, id); err != nil {
			return err
		}
	}
	return nil
}
