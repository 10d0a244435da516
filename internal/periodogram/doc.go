// Package periodogram looks for periodic transits in light curves by box least
// squares (Kovács, Zucker & Mazeh 2002, A&A 391, 369), as astropy's
// BoxLeastSquares computes it: for each trial period the light curve is folded
// into fine bins of phase, and every box of every duration is compared with the
// rest of the curve. The same curve and grid give astropy's power.
//
// # From a light curve to a planet
//
//	curve, err := periodogram.NewCurve(series)       // what is usable of it, sorted by time
//	periods, err := curve.Grid(params)               // trial periods
//	search, err := periodogram.NewSearch(curve, periods, params)
//	result := search.NewResult()
//	err = search.Run(ctx, new(periodogram.Scratch), 0, search.Len(), result)
//	peaks := periodogram.Peaks(result, curve.Baseline(), periodogram.PeakOptions{})
//	stats, err := curve.Stats(peaks[0].Box)
//	fold, err := curve.Fold(peaks[0].Period, peaks[0].TransitTime, periodogram.FoldOptions{})
//
// A Curve and a Search are not changed once they are made: many goroutines may
// call Run on the same Search and Result, each with its own Scratch and its own
// range of periods. How the periods are shared out changes no bit.
//
// # Words
//
// Times, periods and durations are days, all times on the scale of the series.
// Flux and depth have the unit of the series; a depth is positive where the
// star gets fainter. A box has a period, a duration, and the time of the middle
// of a transit. The likelihood is its logarithm relative to no box, in nats if
// the errors are in the unit of the flux; without errors it has the square of
// that unit.
//
// The package is pure: no disk, no network, no clock, no goroutine. The
// definitions, with their sources, are in docs/periodogram.md.
package periodogram
