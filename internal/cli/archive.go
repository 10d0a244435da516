package cli

import (
	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
)

// ArchiveOptions says what the sample archives serve.
type ArchiveOptions struct {
	Listen string   // loopback address
	Data   string   // folder of real files and tables; empty: the synthetic universe
	Seed   uint64   // of the synthetic universe
	Faults []string // as `--list-faults` names them
}

// Fault is one way in which the sample archives can misbehave.
type Fault struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

func (c *command) archiveCommand() *cobra.Command {
	var o ArchiveOptions
	var listFaults bool
	serve := &cobra.Command{
		Use: "serve", Short: "Run the sample archives as a server, until Ctrl-C", Args: words(),
		Long: "Runs a server that speaks the protocols of the NASA Exoplanet Archive, ExoFOP, MAST and the ESA Gaia archive,\n" +
			"with a synthetic universe or with any folder of real tables and FITS files.",
		Example: "  exoplanetai archive serve --listen 127.0.0.1:8100\n" +
			"  exoplanetai archive serve --listen 127.0.0.1:8100 --data ../shared/data/real\n" +
			"  exoplanetai archive serve --listen 127.0.0.1:8100 --fault down",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listFaults {
				return c.listFaults()
			}
			if o.Listen == "" {
				return exo.Errorf("cli.archive", exo.Invalid, nil, "the address to listen on is missing").Try("--listen 127.0.0.1:8100")
			}
			return c.program.Archive(cmd.Context(), c.common, o, func(url string) { c.archiveReady(url) })
		},
	}
	f := serve.Flags()
	f.StringVar(&o.Listen, "listen", "", "loopback `address` to listen on")
	f.StringVar(&o.Data, "data", "", "serve this `folder` of real tables and FITS files")
	f.Uint64Var(&o.Seed, "seed", 1, "`number` from which the synthetic universe is made")
	f.StringArrayVar(&o.Faults, "fault", nil, "misbehave in this `way`; may be given several times")
	f.BoolVar(&listFaults, "list-faults", false, "print the faults and end")
	return group("archive", "Sample archives for tests, demonstrations and mirrors",
		"  exoplanetai archive serve --listen 127.0.0.1:8100\n  exoplanetai archive serve --list-faults\n  exoplanetai archive serve --listen 127.0.0.1:8100 --seed 7", serve)
}

func (c *command) archiveReady(url string) {
	c.stopped = true
	c.note("sample archives on %s; stop with Ctrl-C", url)
	c.note("use them with")
	for _, name := range []string{"nasa_archive", "exofop", "mast", "esa"} {
		c.note("  --set data_sources.%s.base_url=%s", name, url)
	}
}

func (c *command) listFaults() error {
	list := c.program.Faults()
	if c.json {
		return c.printJSON(list)
	}
	var rows [][]string
	for _, f := range list {
		rows = append(rows, []string{f.Name, f.Doc})
	}
	return c.table([]string{"FAULT", "WHAT HAPPENS"}, rows)
}
