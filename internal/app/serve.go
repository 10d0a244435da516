package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"exoplanetai/internal/exo"
)

// grace is how long a stopping server waits for the requests under way.
const grace = 20 * time.Second

// listen opens a loopback address; any other is refused, whatever names it.
func listen(ctx context.Context, address string) (net.Listener, error) {
	if err := checkLoopback(address); err != nil {
		return nil, err
	}
	return listenAt(ctx, address)
}

// listenAt opens an address.
func listenAt(ctx context.Context, address string) (net.Listener, error) {
	const op = "app.listen"
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, exo.E(op, exo.Conflict, nil, err).Say("the address %s cannot be listened on", address).
			Try("another program may use the port: choose one with --listen 127.0.0.1:PORT")
	}
	return l, nil
}

// loopback tells whether only this machine reaches a listener.
func loopback(l net.Listener) bool {
	at, ok := l.Addr().(*net.TCPAddr)
	return ok && at.IP.IsLoopback()
}

// checkLoopback accepts host:port on this machine's loopback only: the sample
// archives and the demonstration ask nobody who they are.
func checkLoopback(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err == nil && port != "" {
		if strings.EqualFold(host, "localhost") {
			return nil
		}
		if ip, perr := netip.ParseAddr(host); perr == nil && ip.IsLoopback() && ip.Zone() == "" {
			return nil
		}
	}
	return exo.E("app.listen", exo.Invalid, nil, err).Say("%.60q is not a loopback address with a port", address).
		Try("listen on 127.0.0.1:9000")
}

// serve answers on the listener until ctx ends. Then no new request is taken,
// those under way may finish within the grace, and what is left is cut.
func serve(ctx context.Context, srv *http.Server, l net.Listener) error {
	const op = "app.serve"
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	srv.BaseContext = func(net.Listener) context.Context { return base }
	failed := make(chan error, 1)
	go func() {
		if srv.TLSConfig != nil {
			failed <- srv.ServeTLS(l, "", "") // the configuration has the certificate
			return
		}
		failed <- srv.Serve(l)
	}()
	select {
	case err := <-failed:
		return exo.E(op, exo.Internal, nil, err)
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := srv.Shutdown(late)
	if errors.Is(err, context.DeadlineExceeded) {
		cut() // the handlers see it and come back
		last, end := context.WithTimeout(context.WithoutCancel(ctx), grace/4)
		defer end()
		if err = srv.Shutdown(last); err != nil {
			err = srv.Close()
		}
	}
	<-failed
	if err != nil {
		return exo.E(op, exo.Internal, nil, err)
	}
	return nil
}

// address is what a user types to reach the listener.
func address(l net.Listener, secure bool) string {
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return scheme + l.Addr().String()
	}
	if host == "127.0.0.1" || host == "::1" {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port)
}
