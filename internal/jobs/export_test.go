package jobs

import (
	"context"
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
