package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
)

// maxHops bounds how far back X-Forwarded-For is followed.
const maxHops = 16

// placed finds out from where a request comes and whether it was encrypted.
// What the head says of that counts only as far as it was written by a proxy
// that is believed: the addresses are read from the newest, and the first that
// is no such proxy is the caller's.
func (s *Server) placed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context())
		c.forwarded = r.Header["X-Forwarded-For"] != nil || r.Header["Forwarded"] != nil
		c.secure = s.tls || r.TLS != nil
		if s.believed(c.Address) {
			c.secure = strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
			c.Address = s.origin(c.Address, r.Header["X-Forwarded-For"])
		}
		if c.secure {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) believed(a netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// origin follows the hops from the connection's address backwards.
func (s *Server) origin(from netip.Addr, fields []string) netip.Addr {
	hops := 0
	for _, field := range slices.Backward(fields) {
		for rest := field; rest != "" && hops < maxHops; hops++ {
			var last string
			if i := strings.LastIndexByte(rest, ','); i >= 0 {
				rest, last = rest[:i], rest[i+1:]
			} else {
				rest, last = "", rest
			}
			a, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(last), "[]"))
			if err != nil {
				return from // the proxy that wrote this is the last that is known
			}
			if from = a.Unmap().WithZone(""); !s.believed(from) {
				return from
			}
		}
	}
	return from
}

// near reports whether the request comes from an address that may read the
// metrics.
func (s *Server) near(c *Call) bool {
	if s.metricsFrom == nil {
		return c.Address.IsLoopback() && (!c.forwarded || len(s.proxies) > 0)
	}
	return slices.ContainsFunc(s.metricsFrom, func(p netip.Prefix) bool { return p.Contains(c.Address) })
}

// network is what one caller can easily have addresses of: one IPv4 address, or
// a /64 of IPv6 (RFC 6177).
func network(a netip.Addr) string {
	if a.Is6() {
		p, _ := a.Prefix(64) // 64 fits every IPv6 address
		return p.Addr().String()
	}
	return a.String()
}

// checkProxies refuses proxies where nobody signs in: everybody that they let
// through would be local admin.
func checkProxies(o Options) error {
	if len(o.Proxies) > 0 && o.Auth == nil {
		return exo.Errorf("api.New", exo.Invalid, nil, "behind a proxy everybody must sign in, and there are no accounts")
	}
	return nil
}
