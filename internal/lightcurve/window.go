package lightcurve

import (
	"math"
	"strings"
	"time"

	"exoplanetai/internal/exo"
)

// The UTC dates on which slices begin (mission pages of TESS and K2). A sector
// ends where the next one begins; the last date only ends the one before.
const (
	sectorStarts = `
2018-07-25 2018-08-22 2018-09-20 2018-10-18 2018-11-15 2018-12-11 2019-01-07 2019-02-02 2019-02-28 2019-03-26 2019-04-22 2019-05-21 2019-06-19
2019-07-18 2019-08-15 2019-09-11 2019-10-07 2019-11-02 2019-11-27 2019-12-24 2020-01-21 2020-02-18 2020-03-18 2020-04-16 2020-05-13 2020-06-08
2020-07-04 2020-07-30 2020-08-26 2020-09-22 2020-10-21 2020-11-19 2020-12-17 2021-01-13 2021-02-09 2021-03-07 2021-04-02 2021-04-28 2021-05-26
2021-06-24 2021-07-23 2021-08-20 2021-09-16 2021-10-12 2021-11-06 2021-12-02 2021-12-30 2022-01-28 2022-02-26 2022-03-26 2022-04-22 2022-05-18
2022-06-13 2022-07-09 2022-08-05 2022-09-01 2022-09-30 2022-10-29 2022-11-26 2022-12-23 2023-01-18 2023-02-12 2023-03-10 2023-04-06 2023-05-04
2023-06-02 2023-07-01 2023-07-29 2023-08-25 2023-09-20 2023-10-16 2023-11-11 2023-12-07 2024-01-03 2024-01-30 2024-02-26 2024-03-26 2024-04-23
2024-05-21 2024-06-18 2024-07-15 2024-08-10 2024-09-05 2024-10-01`
	campaignStarts = `
2014-03-08 2014-05-30 2014-08-23 2014-11-14 2015-02-07 2015-04-27 2015-07-14 2015-10-04 2016-01-03 2016-04-21
2016-07-06 2016-09-24 2016-12-15 2017-03-08 2017-05-31 2017-08-23 2017-12-07 2018-03-01 2018-05-12 2018-08-30 2018-10-30`
)

// Kepler's first light, and where its two missions part: BKJD.
const (
	keplerStart = 120.0  // 2009-05-01
	keplerEnd   = 1592.0 // 2013-05-12
	k2Start     = 1861.0 // 2014-02-04, the engineering test
)

// Window returns the days, on the mission's scale, within which a sector,
// quarter or campaign was observed, to about a day: times of its light curves
// lie there. A negative or unknown slice gives the whole mission; a mission that
// goes on has no end, +Inf. It is ok for the missions that are known.
func Window(m exo.Mission, slice int) (from, to float64, ok bool) {
	switch m {
	case exo.TESS:
		return between(strings.Fields(sectorStarts), slice-1, exo.BTJD)
	case exo.K2:
		if slice > 90 && slice < 120 { // halves of a campaign
			slice /= 10
		}
		list := strings.Fields(campaignStarts)
		if last := len(list) - 1; slice < 0 || slice >= last {
			return k2Start, dayOf(list[last], exo.BKJD), true
		}
		return between(list, slice, exo.BKJD)
	case exo.Kepler:
		from, to = keplerStart, keplerEnd
		if slice >= 0 && slice < len(keplerEnds) {
			to = stampBKJD(keplerEnds[slice])
			if slice > 0 {
				from = stampBKJD(keplerEnds[slice-1])
			}
		}
		return from, to, true
	}
	return 0, 0, false
}

// between returns the time from one date of a list to the next. Before the list
// it is all of it and what comes after; behind it, what comes after.
func between(list []string, i int, scale exo.Scale) (from, to float64, ok bool) {
	last := len(list) - 1
	switch {
	case i < 0:
		return dayOf(list[0], scale), math.Inf(1), true
	case i >= last:
		return dayOf(list[last], scale), math.Inf(1), true
	}
	return dayOf(list[i], scale), dayOf(list[i+1], scale), true
}

// dayOf turns a date into days on a scale: its midnight UTC. The minute between
// UTC and TDB does not count here.
func dayOf(date string, scale exo.Scale) float64 {
	t, _ := time.Parse(time.DateOnly, date) // the dates above
	return DayOf(t, scale)
}

// DayOf turns a time into days on a scale, to a minute and a half: the
// difference between UTC and TDB is left out.
func DayOf(t time.Time, scale exo.Scale) float64 {
	const unixEpoch = 2440587.5 // Julian date
	return float64(t.Unix())/secondsPerDay + unixEpoch - scale.Zero()
}

// stampBKJD turns a stamp of a file name, yyyydddhhmmss, into BKJD.
func stampBKJD(stamp string) float64 {
	t, _ := time.Parse("2006002150405", stamp) // those of keplerEnds
	return DayOf(t, exo.BKJD)
}
