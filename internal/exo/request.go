package exo

import "context"

type requestKey struct{}

// WithRequestID gives a context the identifier of the request, or of the run of
// a command, that all done under it belongs to. Logs, problems, jobs and the
// audit record name it.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID returns that identifier; empty: there is none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
