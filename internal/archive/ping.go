package archive

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Ping asks the endpoint's path once, without reading the answer, and tells how
// long the archive took. Any status below 500 is a sign of life. The duration
// is 0 when the client has no clock.
func (c *Client) Ping(ctx context.Context, ep Endpoint, path string) (time.Duration, error) {
	ep.Retries = 0
	ep = ep.filled()
	start := c.now()
	resp, err := c.open(ctx, ep, Request{Method: http.MethodGet, URL: ep.URL(path, nil), NoFollow: true})
	took := c.now().Sub(start)
	var se *StatusError
	switch {
	case err == nil:
		return took, resp.Close()
	case errors.As(err, &se) && se.Status < 500:
		return took, nil
	}
	return took, err
}
