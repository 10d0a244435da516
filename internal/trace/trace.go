package trace

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"

	"exoplanetai/internal/exo"
)

// scope names us among the instruments of a trace.
const scope = "exoplanetai"

// Kind says what a root is.
type Kind int

// The kinds of roots.
const (
	Request Kind = iota // of a client
	Job                 // of the queue
	Command             // of a person
)

// Options says where traces go.
type Options struct {
	Endpoint string        // base URL of a collector that takes OTLP over HTTP; one without a path gets /v1/traces
	Sample   float64       // share of the roots that is traced, 0…1
	Version  string        // of the program
	Every    time.Duration // between two sendings; 0: 5 s
	Log      *slog.Logger  // nil: nothing is logged
}

// Tracer begins traces. A nil Tracer is off.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   otel.Tracer
}

// Open prepares the sending; the collector need not be there yet. While it is
// not, spans wait, up to a bound, and are then dropped: nothing waits for it.
// Without an Endpoint the Tracer is nil.
func Open(ctx context.Context, o Options) (*Tracer, error) {
	const op = "trace.Open"
	if o.Endpoint == "" {
		return nil, nil
	}
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, exo.Errorf(op, exo.Invalid, err, "the address for traces is not one of http or https").Try("set tracing.endpoint to http://HOST:4318")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	to, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()), otlptracehttp.WithTimeout(10*time.Second))
	if err != nil {
		return nil, exo.E(op, exo.Invalid, nil, err).Say("traces cannot be sent").Try("check tracing.endpoint")
	}
	who := resource.NewSchemaless(attribute.String("service.name", scope), attribute.String("service.version", o.Version))
	p := sdk.NewTracerProvider(
		sdk.WithBatcher(quiet{to, o.Log}, sdk.WithBatchTimeout(o.Every), sdk.WithExportTimeout(15*time.Second), sdk.WithMaxQueueSize(4096)),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Sample))), sdk.WithResource(who),
		sdk.WithRawSpanLimits(sdk.SpanLimits{
			AttributeValueLengthLimit: 512, AttributeCountLimit: 32, EventCountLimit: 16, LinkCountLimit: 4,
			AttributePerEventCountLimit: 8, AttributePerLinkCountLimit: 8,
		}),
	)
	return &Tracer{provider: p, tracer: p.Tracer(scope)}, nil
}

// quiet keeps a collector that is down from filling the terminal: the library
// would print what it cannot send.
type quiet struct {
	sdk.SpanExporter
	log *slog.Logger
}

// ExportSpans sends spans, or says that they are lost.
func (q quiet) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := q.SpanExporter.ExportSpans(ctx, spans); err != nil {
		q.log.Warn("traces were not taken by the collector", "spans", len(spans), "error", err)
	}
	return nil
}

// Close sends what waits, until the context ends.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	err := t.provider.Shutdown(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return exo.E("trace.Close", exo.Unavailable, nil, err)
	}
	return nil
}

// Root begins a trace. The span must be ended.
func (t *Tracer) Root(ctx context.Context, name string, kind Kind) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	k := map[Kind]otel.SpanKind{Request: otel.SpanKindServer, Job: otel.SpanKindConsumer}[kind]
	ctx, s := t.tracer.Start(ctx, name, otel.WithSpanKind(k), otel.WithNewRoot())
	return ctx, Span{s}
}

// Start begins a part of the work that the context belongs to. The span must
// be ended.
func Start(ctx context.Context, name string) (context.Context, Span) {
	parent := otel.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, Span{}
	}
	ctx, s := parent.TracerProvider().Tracer(scope).Start(ctx, name)
	return ctx, Span{s}
}

// Of returns the span that the context is in.
func Of(ctx context.Context) Span {
	s := otel.SpanFromContext(ctx)
	if !s.IsRecording() {
		return Span{}
	}
	return Span{s}
}

// Span is a part of a trace. The zero Span is one that nobody records.
type Span struct{ s otel.Span }

// On reports whether the span is recorded.
func (s Span) On() bool { return s.s != nil && s.s.IsRecording() }

// ID is the identifier of the trace, 32 hexadecimal digits; empty: there is none.
func (s Span) ID() string {
	if !s.On() {
		return ""
	}
	return s.s.SpanContext().TraceID().String()
}

// Name changes the name.
func (s Span) Name(name string) {
	if s.On() {
		s.s.SetName(name)
	}
}

// Text notes a word.
func (s Span) Text(key, value string) {
	if s.On() && value != "" {
		s.s.SetAttributes(attribute.String(key, value))
	}
}

// Number notes a number.
func (s Span) Number(key string, value int64) {
	if s.On() {
		s.s.SetAttributes(attribute.Int64(key, value))
	}
}

// Fail marks the span as failed.
func (s Span) Fail(why string) {
	if s.On() {
		s.s.SetStatus(codes.Error, why)
	}
}

// End ends the span. An error marks it as failed; what it tells is what a user
// would be told.
func (s Span) End(err error) {
	if s.s == nil {
		return
	}
	if err != nil {
		s.Text("error.type", string(exo.KindOf(err)))
		s.Fail(exo.MessageOf(err))
	}
	s.s.End()
}
