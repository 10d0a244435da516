package cli

import (
	"github.com/spf13/cobra"
)

func (c *command) configCommand() *cobra.Command {
	show := &cobra.Command{
		Use: "show", Short: "Print every setting, its value and where it comes from", Args: words(),
		Long: "Prints every setting with its value and its origin: default, file, env or flag.\nSecrets are hidden.",
		Example: "  exoplanetai config show\n" +
			"  exoplanetai config show --config other.yaml --json\n" +
			"  exoplanetai config show --set freshness.koi=12h",
		RunE: func(*cobra.Command, []string) error {
			list, err := c.program.Settings(c.common)
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(list)
			}
			var rows [][]string
			for _, s := range list {
				rows = append(rows, []string{s.Key, s.Value, s.Origin})
			}
			return c.table([]string{"KEY", "VALUE", "ORIGIN"}, rows)
		},
	}
	return group("config", "See the configuration",
		"  exoplanetai config show\n  exoplanetai config show --json\n  DATA_PATH=/srv/data exoplanetai config show", show)
}
