package cli

import (
	"github.com/spf13/cobra"
)

func (c *command) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "Answer HTTP, until Ctrl-C", Args: words(),
		Long: "Answers HTTP on a loopback address until Ctrl-C. The routes are described at /docs and /openapi.json.\n" +
			"A fresh server fetches nothing unasked.",
		Example: "  exoplanetai serve\n" +
			"  exoplanetai serve --listen 127.0.0.1:9000 --data-path /srv/exoplanets\n" +
			"  curl -X POST 'http://localhost:8000/api/v1/data/ingest/batch?force_refresh=false'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.program.Serve(cmd.Context(), c.common, func(url string) {
				c.stopped = true
				c.note("listening on %s (API described at %s/docs); stop with Ctrl-C", url, url)
			})
		},
	}
	c.shortcut(cmd, "listen", "listen", "loopback `address` to listen on (default 127.0.0.1:8000)")
	return cmd
}
