package archive_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

func TestResolvedAddresses(t *testing.T) {
	refused := map[string][]string{
		"loopback":                 {"127.0.0.1:80", "127.8.9.10:443", "[::1]:80"},
		"private":                  {"10.0.0.1:80", "172.16.0.1:80", "172.31.255.255:443", "192.168.1.1:80", "[fc00::1]:80", "[fd12:3456::1]:443"},
		"link-local, metadata":     {"169.254.169.254:80", "[fe80::1]:80", "[fe80::1%eth0]:80", "[fd00:ec2::254]:80"},
		"shared":                   {"100.64.0.1:80", "100.127.255.255:80"},
		"unspecified":              {"0.0.0.0:80", "[::]:80", "0.1.2.3:80"},
		"multicast, broadcast":     {"224.0.0.1:80", "239.255.255.250:80", "255.255.255.255:80", "[ff02::1]:80"},
		"IPv4 within IPv6":         {"[::ffff:127.0.0.1]:80", "[::ffff:10.0.0.1]:80", "[::ffff:169.254.169.254]:80", "[::ffff:100.64.0.1]:80", "[::ffff:192.0.0.1]:80", "[::127.0.0.1]:80"},
		"translated":               {"[64:ff9b::7f00:1]:80", "[64:ff9b::a9fe:a9fe]:80", "[64:ff9b:1::1]:80", "[2002:7f00:1::]:80", "[2002:a00:1::1]:80", "[2001:0:1::1]:80"},
		"reserved, documentation":  {"192.0.0.1:80", "192.0.2.1:80", "198.18.0.1:80", "198.51.100.1:80", "203.0.113.1:80", "240.0.0.1:80", "[2001:db8::1]:80", "[100::1]:80", "[fec0::1]:80"},
		"IPv6 outside 2000::/3":    {"[::ffff:0:7f00:1]:80", "[::ffff:0:a9fe:a9fe]:80", "[400::1]:80", "[4000::1]:443", "[64:ff9b:2::1]:80"},
		"ports that are no web's":  {"8.8.8.8:22", "8.8.8.8:25", "8.8.8.8:6379", "8.8.8.8:0", "8.8.8.8:8080"},
		"no address in this shape": {"", "localhost:80", "2130706433:80", "0x7f000001:80", "0177.0.0.1:80", "127.1:80", "8.8.8.8", "[::1%lo]"},
	}
	for name, addrs := range refused {
		for _, a := range addrs {
			if err := archive.CheckAddress(a); !errors.Is(err, exo.Denied) {
				t.Errorf("%s: %s gives %v, want Denied", name, a, err)
			}
		}
	}
	for _, a := range []string{"134.4.70.45:443", "8.8.8.8:80", "[2606:4700::1111]:443", "[64:ff9b::808:808]:443", "[2002:808:808::1]:80", "172.32.0.1:80", "100.128.0.1:443", "[::ffff:8.8.8.8]:443"} {
		if err := archive.CheckAddress(a); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

// names is a name server on loopback that gives a name another address each
// time it is asked.
func names(t *testing.T, addrs ...string) (*net.Resolver, *atomic.Int64) {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 512)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			q := buf[12:n]
			end := strings.IndexByte(string(q), 0) + 1 // after the name
			kind := binary.BigEndian.Uint16(q[end:])
			reply := append([]byte{buf[0], buf[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[:end+4]...)
			if kind == 1 {
				i := min(int(asked.Add(1)), len(addrs)) - 1
				ip := netip.MustParseAddr(addrs[i]).As4()
				reply[7] = 1
				reply = append(append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), ip[:]...)
			}
			pc.WriteTo(reply, from)
		}
	}()
	t.Cleanup(func() { pc.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}, &asked
}

func TestANameThatLeadsHomeIsRefusedWhenDialled(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("secret")) })
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	for name, addr := range map[string]string{"loopback": "127.0.0.1", "metadata": "169.254.169.254", "private": "10.1.2.3"} {
		t.Run(name, func(t *testing.T) {
			r, asked := names(t, addr)
			c, p := client(t, archive.Options{Resolver: r})
			for _, u := range []string{"http://archive.example" + port, "http://archive.example", "https://archive.example"} {
				_, _, err := c.Get(t.Context(), archive.Endpoint{Base: u, Retries: 3, Timeout: 2 * time.Second}, archive.Request{URL: u})
				if !errors.Is(err, exo.Denied) || len(p.made) != 0 {
					t.Errorf("%s: %v, %d pauses; want Denied at once", u, err, len(p.made))
				}
			}
			if asked.Load() == 0 {
				t.Error("the name was never resolved: the test shows nothing")
			}
		})
	}
	if s.asked.Load() != 0 {
		t.Error("a request came through")
	}
}

// A name that was public when first resolved and leads home at the next dial
// is refused at that dial: there is no earlier check that it could have passed.
func TestANameThatChangesItsAddressIsRefused(t *testing.T) {
	r, asked := names(t, "192.88.99.1", "127.0.0.1") // the first is refused too: no traffic leaves this machine
	c, _ := client(t, archive.Options{Resolver: r})
	for range 2 {
		_, _, err := c.Get(t.Context(), archive.Endpoint{Base: "http://archive.example", Timeout: 2 * time.Second}, archive.Request{URL: "http://archive.example"})
		if !errors.Is(err, exo.Denied) {
			t.Errorf("error %v, want Denied", err)
		}
	}
	if asked.Load() < 2 {
		t.Errorf("resolved %d times, want at each dial", asked.Load())
	}
}

func TestAConfiguredNameMayLeadAnywhere(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("mirror")) })
	r, _ := names(t, "127.0.0.1")
	base := "http://Mirror.Example" + s.URL[strings.LastIndexByte(s.URL, ':'):]
	c, _ := client(t, archive.Options{Resolver: r, Allowed: []string{base}})
	body, _, err := c.Get(t.Context(), archive.Endpoint{Base: base, Timeout: 2 * time.Second}, archive.Request{URL: base})
	if err != nil || string(body) != "mirror" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestAPublicArchiveIsNotFollowedHome(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("not the archive")) })
	r, asked := names(t, "127.0.0.1")
	base := "http://archive.example" + s.URL[strings.LastIndexByte(s.URL, ':'):]
	c, _ := client(t, archive.Options{Resolver: r, Public: []string{base}})
	body, _, err := c.Get(t.Context(), archive.Endpoint{Base: base, Timeout: 2 * time.Second}, archive.Request{URL: base})
	if exo.KindOf(err) != exo.Denied || err == nil || asked.Load() == 0 {
		t.Errorf("%q, %v after %d questions for its name; want Denied", body, err, asked.Load())
	}
	if !c.MayLead("http://other.example/", base) {
		t.Error("a redirect may not lead to a public archive")
	}
}

func TestNumericHostsAreDialledUnderTheSameGuard(t *testing.T) {
	r, _ := names(t, "127.0.0.1") // whatever a number is taken for, it leads home
	c, _ := client(t, archive.Options{Resolver: r})
	for _, u := range []string{"http://2130706433/", "http://0177.0.0.1/", "http://127.1/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/", "http://127.0.0.1:22/", "http://[::1]/"} {
		_, _, err := c.Get(t.Context(), archive.Endpoint{Base: u, Timeout: 2 * time.Second}, archive.Request{URL: u})
		if k := exo.KindOf(err); k != exo.Denied && k != exo.Invalid && k != exo.Unavailable {
			t.Errorf("%s: %v", u, err)
		}
		if err == nil {
			t.Errorf("%s was reached", u)
		}
	}
}

func TestWhereAnAnswerMayLead(t *testing.T) {
	c := archive.NewClient(archive.Options{Allowed: []string{"https://a.example", "http://b.example:8080", "http://a.example"}})
	defer c.Close()
	cases := map[[2]string]bool{
		{"https://x.example/1", "https://x.example/2"}:      true,
		{"https://x.example/1", "https://x.example:443/2"}:  true,
		{"https://x.example/1", "https://X.EXAMPLE./2"}:     true,
		{"http://x.example/1", "https://x.example/1"}:       true,
		{"https://x.example/1", "https://a.example/1"}:      true,
		{"http://x.example/1", "http://b.example:8080/1"}:   true,
		{"https://a.example/1", "http://a.example/1"}:       false, // no way back to plain text
		{"https://x.example/1", "http://b.example:8080/1"}:  false,
		{"https://x.example/1", "https://y.example/1"}:      false,
		{"https://x.example/1", "https://x.example.evil/1"}: false,
		{"https://x.example/1", "https://x.example:8443/1"}: false,
		{"https://x.example/1", "https://user@x.example/1"}: false,
		{"http://x.example:8080/1", "https://x.example/1"}:  false,
		{"https://x.example/1", "file:///etc/passwd"}:       false,
		{"https://x.example/1", "/relative"}:                false,
		{"https://x.example/1", "https://%zz/"}:             false,
	}
	for pair, want := range cases {
		if got := c.MayLead(pair[0], pair[1]); got != want {
			t.Errorf("%s to %s: %v", pair[0], pair[1], got)
		}
	}
}
