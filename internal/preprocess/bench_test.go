package preprocess_test

import (
	"context"
	"testing"

	"exoplanetai/internal/preprocess"
)

func benchmarkPipeline(b *testing.B, s preprocess.Series, r *preprocess.Recipe) {
	var p preprocess.Processor
	var out preprocess.Result
	ctx := context.Background()
	if err := p.Run(ctx, s, r, &out); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Run(ctx, s, r, &out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(s.Len())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// The pipeline with the guide's parameters, without reading, report or metrics.
func BenchmarkPipelineTESS20k(b *testing.B) {
	benchmarkPipeline(b, tessSector(1), mustRecipe(b, "default", "{}"))
}

func BenchmarkPipelineKepler65k(b *testing.B) {
	benchmarkPipeline(b, keplerMission(1), mustRecipe(b, "default", "{}"))
}

func BenchmarkPipelineWaveletTESS20k(b *testing.B) {
	benchmarkPipeline(b, tessSector(1), mustRecipe(b, "default", `{"wavelet_denoising":true}`))
}

// hotJupiter is a planet for the series of tessSector.
var hotJupiter = preprocess.Ephemeris{Period: 4.1, T0: 1327.2, Duration: 0.13, Object: "TOI 1.01"}

func BenchmarkPipelineTransitTESS20k(b *testing.B) {
	benchmarkPipeline(b, tessSector(1), mustRecipe(b, "transit", "{}", hotJupiter))
}

func BenchmarkPipelineBlindTESS20k(b *testing.B) {
	benchmarkPipeline(b, tessSector(1), mustRecipe(b, "transit", "{}"))
}

func BenchmarkReportTESS20k(b *testing.B) {
	s, r := tessSector(1), mustRecipe(b, "default", "{}")
	var p preprocess.Processor
	var out preprocess.Result
	if err := p.Run(b.Context(), s, r, &out); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Report(b.Context(), s, r, &out); err != nil {
			b.Fatal(err)
		}
	}
}
