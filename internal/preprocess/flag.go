package preprocess

// Flag bits of a row, PPFLAG in the file. They add up. Rows with FlagTime,
// FlagFlux, FlagQuality, FlagOutlier, FlagDuplicate or FlagTrend have no
// processed flux; FlagShort and FlagTransit only say something of a row that
// stays (FlagShort of one that leaves, with short_segments "drop").
const (
	FlagTime      int32 = 1   // the time is NaN
	FlagFlux      int32 = 2   // the flux is NaN, the time finite
	FlagQuality   int32 = 4   // rejected by the quality mask
	FlagOutlier   int32 = 8   // an outlier
	FlagShort     int32 = 16  // in a segment too short, or masked throughout, to have a trend of its own
	FlagTransit   int32 = 32  // inside a transit of a given ephemeris
	FlagDuplicate int32 = 64  // the time of an earlier row once more
	FlagTrend     int32 = 128 // the trend is not positive, so that nothing can be divided by it
)

// FlagInfo explains one bit.
type FlagInfo struct {
	Bit  int32  // value
	Name string // stable word, as reports and answers use it
	Text string // plain words
}

// FlagTable lists the bits, lowest first.
func FlagTable() []FlagInfo {
	return []FlagInfo{
		{FlagTime, "no_time", "time is NaN"},
		{FlagFlux, "no_flux", "flux is NaN"},
		{FlagQuality, "quality", "rejected by quality"},
		{FlagOutlier, "outlier", "outlier"},
		{FlagShort, "short_segment", "in a segment without a trend of its own"},
		{FlagTransit, "in_transit", "inside a transit of a given ephemeris"},
		{FlagDuplicate, "duplicate_time", "time occurs twice"},
		{FlagTrend, "bad_trend", "trend not positive"},
	}
}
