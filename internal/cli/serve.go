package cli

import (
	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
)

// ServeOptions says how a server runs.
type ServeOptions struct {
	NoWork bool // it queues jobs and leaves them to workers
}

func (c *command) serveCommand() *cobra.Command {
	var o ServeOptions
	var proxies string
	cmd := &cobra.Command{
		Use: "serve", Short: "Answer HTTP, until Ctrl-C", Args: words(),
		Long: "Answers HTTP until Ctrl-C. The routes are described at /docs and /openapi.json. A fresh server fetches nothing unasked.\n\n" +
			"On a loopback address and without users, everybody on this machine is admin. As soon as there is a user, everybody signs in.\n" +
			"Any other address needs users, and TLS: give a certificate, which is read again when it changes, or name the proxies in\n" +
			"front that do TLS. The first user is made by exoplanetai user create NAME --role admin --password-stdin.",
		Example: "  exoplanetai serve\n" +
			"  exoplanetai serve --listen 127.0.0.1:9000 --data-path /srv/exoplanets\n" +
			"  exoplanetai serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem\n" +
			"  exoplanetai serve --listen 10.0.0.5:8000 --behind-proxy 10.0.0.1\n" +
			"  curl -X POST 'http://localhost:8000/api/v1/data/ingest/batch?force_refresh=false'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("behind-proxy") {
				if proxies == "" {
					return exo.Errorf("cli", exo.Invalid, nil, "--behind-proxy is given without a value").Try("--behind-proxy 10.0.0.0/8, the addresses of the proxies")
				}
				c.common.Set["security.behind_proxy"] = proxies
			}
			return c.program.Serve(cmd.Context(), c.common, o, func(url string) {
				c.stopped = true
				c.note("listening on %s (API described at %s/docs); stop with Ctrl-C", url, url)
			})
		},
	}
	c.shortcut(cmd, "listen", "listen", "`address` to listen on (default 127.0.0.1:8000)")
	c.shortcut(cmd, "tls-cert", "tls.cert_file", "certificate `file`, PEM, with its chain")
	c.shortcut(cmd, "tls-key", "tls.key_file", "`file` of the certificate's key, PEM")
	cmd.Flags().StringVar(&proxies, "behind-proxy", "", "`addresses` or networks of the proxies in front, which do TLS, with commas between them")
	cmd.Flags().BoolVar(&o.NoWork, "no-work", false, "queue jobs, and leave them to workers (needs Postgres)")
	return cmd
}
