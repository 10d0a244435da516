//go:build live

package archive_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/esa"
	"exoplanetai/internal/archive/exofop"
	"exoplanetai/internal/archive/mast"
	"exoplanetai/internal/archive/nea"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// TestTheArchivesThemselves asks the real services a little: go test -tags live.
// It tells when one of them has changed.
func TestTheArchivesThemselves(t *testing.T) {
	c := archive.NewClient(archive.Options{UserAgent: "exoplanetai/live-test", PerHost: 2})
	t.Cleanup(c.Close)
	ep := archive.Endpoint{Timeout: 3 * time.Minute, Retries: 2}
	t.Run("NEA", func(t *testing.T) {
		src := nea.New(nea.Options{Client: c, Endpoint: ep})
		if p, ok, err := src.Probe(t.Context(), catalog.K2); err != nil || !ok || p.Rows < 4000 {
			t.Errorf("%+v, %v, %v", p, ok, err)
		}
		if _, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.K2, Since: "2025-09-01"}, io.Discard); err != nil {
			t.Error(err)
		}
		if _, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard); err != nil {
			t.Error(err)
		}
	})
	t.Run("ExoFOP", func(t *testing.T) {
		if _, err := exofop.New(exofop.Options{Client: c, Endpoint: ep}).Fetch(t.Context(), archive.TableRequest{Type: catalog.TOI}, io.Discard); err != nil {
			t.Error(err)
		}
	})
	t.Run("MAST", func(t *testing.T) {
		src := mast.New(mast.Options{Client: c, Endpoint: ep, BucketURL: "https://stpubdata.s3.amazonaws.com"})
		name, err := exo.ParseName("AU Mic")
		if err != nil {
			t.Fatal(err)
		}
		stars, err := src.Resolve(t.Context(), name, exo.TESS)
		if err != nil || stars[0].ID.Number != 441420236 {
			t.Fatalf("%+v, %v", stars, err)
		}
		sector := 1
		found, err := src.Find(t.Context(), archive.LightCurveQuery{Target: stars[0].ID, SectorQuarter: &sector})
		if err != nil {
			t.Fatal(err)
		}
		var dst held
		if _, err := src.Download(t.Context(), found.Products[0], &dst); err != nil || !bytes.HasPrefix(dst.Bytes(), []byte("SIMPLE")) {
			t.Errorf("%v, %d bytes", err, dst.Len())
		}
	})
	t.Run("Gaia", func(t *testing.T) {
		star := catalog.Star{ID: exo.TargetID{Catalog: exo.TIC, Number: 441420236}, RA: 311.2897, Dec: -31.3409}
		var b bytes.Buffer
		_, err := esa.New(esa.Options{Client: c, Endpoint: ep}).Fetch(t.Context(),
			archive.TableRequest{Type: catalog.Gaia, Targets: []exo.TargetID{star.ID}, Stars: []catalog.Star{star}}, &b)
		if err != nil || bytes.Count(b.Bytes(), []byte("\n")) < 2 {
			t.Errorf("%v\n%s", err, b.String())
		}
	})
}
