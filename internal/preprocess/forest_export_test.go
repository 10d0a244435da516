package preprocess

import "context"

// StepWork lets tests and benchmarks use the wavelets, the forest and the
// metrics with their memory kept.
type StepWork struct {
	wave   waveWork
	forest forestWork
	metric metricWork
	segs   []span
}

func (w *StepWork) Denoise(x []float64, wavelet string, levels int, y []float64) (Denoised, error) {
	return w.wave.denoise(x, wavelet, levels, y)
}

func (w *StepWork) ForestScores(X []float64, features int, o ForestOptions, s []float64) error {
	return w.forest.scores(context.Background(), X, features, o, s)
}

func (w *StepWork) ForestOutliers(ctx context.Context, t, x []float64, o ForestOptions, contamination, minZ float64, sides Sides, bad []bool) error {
	w.segs = segments(t, 0.5, 5, w.metric.outlier.stat.medianCadence(t), w.segs[:0])
	return w.forest.outliers(ctx, t, x, w.segs, o, contamination, minZ, sides, bad)
}

// Running makes the features of one piece of a light curve.
func (w *StepWork) Running(x, feature []float64) { w.forest.running(x, feature) }

func (w *StepWork) Measure(t, flux []float64, segment []int32, nIn int) (Metrics, error) {
	return w.metric.measure(context.Background(), t, flux, segment, nIn)
}
