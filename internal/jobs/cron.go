package jobs

import (
	"math/bits"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
)

// cron is a time that comes again, as crontab(5) writes it: five fields of
// numbers, lists, ranges and steps. Each is a set of bits.
type cron struct {
	minute, hour, day, month, weekday uint64
	anyDay, anyWeekday                bool
}

// parseCron reads a line like "30 3 * * 1-5". exo.Invalid for anything else, and
// for a day that never comes.
func parseCron(text string) (cron, error) {
	const op = "jobs.cron"
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return cron{}, exo.Errorf(op, exo.Invalid, nil, "%.60q is no time: five fields are needed", text).
			Try("minute, hour, day of the month, month, day of the week, as in \"30 3 * * 0\"")
	}
	var c cron
	for i, f := range []struct {
		set      *uint64
		from, to int
	}{{&c.minute, 0, 59}, {&c.hour, 0, 23}, {&c.day, 1, 31}, {&c.month, 1, 12}, {&c.weekday, 0, 7}} {
		set, err := parseField(fields[i], f.from, f.to)
		if err != nil {
			return cron{}, exo.Errorf(op, exo.Invalid, nil, "%.60q is no time: %.20q is not from %d to %d", text, fields[i], f.from, f.to)
		}
		*f.set = set
	}
	if c.weekday&(1<<7) != 0 { // Sunday is 0 and 7
		c.weekday |= 1
	}
	c.anyDay, c.anyWeekday = fields[2] == "*", fields[4] == "*"
	if c.next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return cron{}, exo.Errorf(op, exo.Invalid, nil, "the time %.60q never comes", text)
	}
	return c, nil
}

func parseField(text string, from, to int) (set uint64, err error) {
	bad := exo.Errorf("jobs.cron", exo.Invalid, nil, "no field of a time")
	for part := range strings.SplitSeq(text, ",") {
		rng, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return 0, bad
			}
		}
		low, high := from, to
		if rng != "*" {
			a, b, isRange := strings.Cut(rng, "-")
			if low, err = strconv.Atoi(a); err != nil {
				return 0, bad
			}
			switch {
			case isRange:
				if high, err = strconv.Atoi(b); err != nil {
					return 0, bad
				}
			case !stepped:
				high = low
			}
		}
		if low < from || high > to || low > high {
			return 0, bad
		}
		for n := low; n <= high; n += step {
			set |= 1 << n
		}
	}
	return set, nil
}

// next returns the first such minute after t, in UTC; the zero time if none comes
// within the 28 years after which the calendar begins anew.
func (c cron) next(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Minute).Add(time.Minute)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	minute, hour := t.Minute(), t.Hour()
	for range 28*366 + 1 {
		if c.onDay(day) {
			for ; hour < 24; hour++ {
				if c.hour&(1<<hour) != 0 {
					if m := bits.TrailingZeros64(c.minute >> minute << minute); m < 60 {
						return day.Add(time.Duration(hour)*time.Hour + time.Duration(m)*time.Minute)
					}
				}
				minute = 0
			}
		}
		day, hour, minute = day.AddDate(0, 0, 1), 0, 0
	}
	return time.Time{}
}

// onDay tells whether a day is meant. As in crontab(5), two fields that both say
// something mean either.
func (c cron) onDay(d time.Time) bool {
	if c.month&(1<<int(d.Month())) == 0 {
		return false
	}
	day, weekday := c.day&(1<<d.Day()) != 0, c.weekday&(1<<int(d.Weekday())) != 0
	switch {
	case c.anyDay:
		return weekday
	case c.anyWeekday:
		return day
	}
	return day || weekday
}
