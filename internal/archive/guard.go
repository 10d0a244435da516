package archive

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"exoplanetai/internal/exo"
)

// dial connects to a host. Unless the host and port are configured ones, the
// address that the name resolved to is checked when the socket is about to be
// connected: later than any other check, so that a name whose address changes
// between check and use gains nothing.
func (c *Client) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, Resolver: c.opt.Resolver}
	if !c.unguarded && !c.allowed[strings.ToLower(addr)] {
		d.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return CheckAddress(resolved)
		}
	}
	return d.DialContext(ctx, network, addr)
}

// CheckAddress refuses a resolved "ip:port" that no public archive has:
// loopback, private, link-local (cloud metadata), shared, multicast,
// unspecified and reserved addresses, also inside IPv6 forms that carry an IPv4
// address, and ports other than 80 and 443. The error is Denied.
func CheckAddress(addr string) error {
	deny := func(why string) error {
		return exo.Errorf("archive.CheckAddress", exo.Denied, nil, "the address %s is refused: %s", addr, why).
			Try("only public archives are reached; a mirror in your own network must be set as a base_url")
	}
	ap, err := netip.ParseAddrPort(addr)
	switch {
	case err != nil:
		return deny("it is no internet address")
	case ap.Port() != 80 && ap.Port() != 443:
		return deny("its port is neither 80 nor 443")
	case !public(ap.Addr()):
		return deny("it is not a public one")
	}
	return nil
}

// reserved lists the ranges of the IANA special-purpose registries (RFC 6890
// and successors) that neither netip's own tests nor unicast cover.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared, carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // IETF protocols, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("3fff::/20"),
}

var (
	unicast = netip.MustParsePrefix("2000::/3") // all of IPv6 that is given out as public (RFC 4291 §2.4 and IANA's register)
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4  = netip.MustParsePrefix("2002::/16")
	compat4 = netip.MustParsePrefix("::/96")
)

// public reports whether the address belongs to a public host.
func public(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if a.Is6() {
		b := a.As16()
		switch {
		case nat64.Contains(a), compat4.Contains(a):
			return public(netip.AddrFrom4([4]byte(b[12:])))
		case sixTo4.Contains(a):
			return public(netip.AddrFrom4([4]byte(b[2:6])))
		case !unicast.Contains(a):
			return false
		}
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
