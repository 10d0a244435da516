package api

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/cache"
)

// Library is the store behind the storage routes.
type Library interface{}

// CacheStats tells how the cache does.
type CacheStats interface {
	Stats(ctx context.Context) (cache.Stats, error)
}

func (s *Server) storeRoutes(huma.API) {}

func (s *Server) healthRoutes(huma.API) {}

// matches reports whether an If-None-Match list holds the tag (RFC 9110 §13.1.2).
func matches(list, etag string) bool {
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
		if item == "*" || item == etag {
			return true
		}
	}
	return false
}
