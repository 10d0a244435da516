package app

import (
	"context"
	"io"
	"log/slog"
	"time"

	"exoplanetai/internal/api"
)

// accessFile has one line for each request.
const accessFile = "access.log"

// accessLog writes one line of JSON for each request: when, who, from where, what,
// and what came of it. It has no query, no header and no body: keys, tokens and
// passwords come in these.
type accessLog struct {
	lines   slog.Handler
	trouble *slog.Logger
}

func newAccessLog(w io.Writer, trouble *slog.Logger) *accessLog {
	return &accessLog{lines: jsonLines(w, slog.LevelInfo), trouble: trouble}
}

// write writes the line of a request.
func (l *accessLog) write(ctx context.Context, c *api.Call, trace string) {
	if l == nil {
		return
	}
	r := slog.NewRecord(c.At.UTC(), slog.LevelInfo, "request", 0)
	attrs := [...]slog.Attr{
		slog.String("request_id", c.RequestID), slog.String("caller", c.Caller.Name), slog.String("via", string(c.Caller.Via)),
		slog.String("address", address4(c)), slog.String("method", shorten(c.Method)), slog.String("path", shorten(c.Path)),
		slog.String("route", c.Route), slog.Int("status", c.Status), slog.Int64("bytes", c.Bytes),
		slog.Float64("ms", float64(c.Duration)/float64(time.Millisecond)),
		slog.String("code", c.Code), slog.String("cache", c.Cache), slog.String("key", c.Caller.KeyID), slog.String("trace", trace),
	}
	const always = 10 // what follows stands only where it says something
	r.AddAttrs(attrs[:always]...)
	for _, a := range attrs[always:] {
		if a.Value.String() != "" {
			r.AddAttrs(a)
		}
	}
	if c.Torn {
		r.AddAttrs(slog.Bool("torn", true))
	}
	if err := l.lines.Handle(ctx, r); err != nil {
		l.trouble.Error("a line of the access log is lost", "error", err)
	}
}

// address4 is the caller's address; empty: not known.
func address4(c *api.Call) string {
	if !c.Address.IsValid() {
		return ""
	}
	return c.Address.String()
}

// shorten bounds what a client may put into a line.
func shorten(s string) string {
	const most = 512
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
