package archive

import (
	"context"
	"io"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// TableRequest asks for one table.
type TableRequest struct {
	Type    catalog.Type
	Since   string         // only rows changed after this `rowupdate`; empty: the whole table
	Known   *exo.Origin    // origin of the newest copy held; its validators make the request conditional
	Targets []exo.TargetID // for tables that are asked by star (gaia)
	Stars   []catalog.Star // positions of those stars, same order, where known
}

// TableAnswer describes the bytes that a TableSource wrote.
type TableAnswer struct {
	Origin      exo.Origin
	NotModified bool // the archive said 304; nothing was written
	Partial     bool // only the rows after Since were written
}

// Probe is a cheap answer to "has the table changed?".
type Probe struct {
	Rows   int    // rows in the table
	Newest string // newest value of its update column
}

// TableSource fetches catalog tables from one archive.
//
// Fetch streams the table as CSV, byte for byte as the archive sent it, and
// returns an error if what came was no table: an error document in any of the
// archive's styles, HTML, a truncated body, an OVERFLOW. Bytes written before
// an error are the caller's to discard. Nothing is retried after the first byte
// was written.
type TableSource interface {
	Fetch(ctx context.Context, req TableRequest, w io.Writer) (TableAnswer, error)
}

// Prober is a TableSource that can tell cheaply whether a table changed.
// ok is false for a table that cannot be probed.
type Prober interface {
	Probe(ctx context.Context, t catalog.Type) (p Probe, ok bool, err error)
}

// Counter is a TableSource that can count the rows of a table, so that an answer
// which was cut at the end of a row is told from a whole one. ok is false for a
// table that cannot be counted.
type Counter interface {
	Count(ctx context.Context, t catalog.Type) (rows int, ok bool, err error)
}

// Resolver turns names into catalog numbers. Several answers are several
// stars: the caller lists them and never picks one.
type Resolver interface {
	Resolve(ctx context.Context, name exo.Name, m exo.Mission) ([]Candidate, error)
}

// Candidate is one star that a name may mean.
type Candidate struct {
	ID       exo.TargetID `json:"id"`
	Name     string       `json:"name"`               // canonical name given by the resolver
	RA       float64      `json:"ra"`                 // degrees, ICRS
	Dec      float64      `json:"dec"`                // degrees, ICRS
	Mag      float64      `json:"mag,omitempty"`      // TESS or Kepler magnitude, 0 unknown
	Distance float64      `json:"distance_arcsec"`    // from the resolved position
	Resolver string       `json:"resolver,omitempty"` // who answered
}

// LightCurveQuery asks for the light curves of one star.
type LightCurveQuery struct {
	Target        exo.TargetID
	Mission       exo.Mission
	SectorQuarter *int   // sector, quarter or campaign; nil: all
	Author        string // provenance, "SPOC"; empty: the mission's own pipeline
	CadenceS      int    // 20, 120, 60, 1800 …; 0: any cadence of the author
}

// Found is the answer to a LightCurveQuery: the products, and the archive's
// raw answers that name them, to be kept.
type Found struct {
	Products []Product
	Answers  []Answer
}

// Answer is one raw answer of an archive's search.
type Answer struct {
	Name   string // "observations", "products"
	Origin exo.Origin
	Body   []byte
}

// Product is one light-curve file that can be fetched.
type Product struct {
	lightcurve.Product        // what its name says
	FileName           string // archive's own file name
	URI                string // dataURI
	SizeBytes          int64  // as the archive lists it; 0 unknown
	ObsID              string // observation it belongs to
	Rights             string // "PUBLIC" or other
}

// Partial receives a download that may take several attempts. Write appends;
// Offset tells how many bytes are held; Reset drops them all.
type Partial interface {
	io.Writer
	Offset() int64
	Reset() error
}

// LightCurveSource finds and fetches light curves in one archive.
//
// Download resumes at dst.Offset() when the server honours ranges and starts
// over when it does not; it returns only when the whole file is there with the
// length that the server and the product list state.
type LightCurveSource interface {
	Find(ctx context.Context, q LightCurveQuery) (Found, error)
	Download(ctx context.Context, p Product, dst Partial) (exo.Origin, error)
}

// Confirmer is a LightCurveSource that can tell cheaply whether a file is still
// the one that was fetched from the known origin: reprocessed files often keep
// name and length. ok is false when it cannot tell, because the origin has no
// validator or is another address than today's.
type Confirmer interface {
	Same(ctx context.Context, p Product, known exo.Origin) (same, ok bool, err error)
}

// Pinger tells whether an archive answers, and how fast.
type Pinger interface {
	Ping(ctx context.Context) (time.Duration, error)
}
