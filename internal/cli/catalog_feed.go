package cli

import (
	"context"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
)

func (c *command) catalogFeed() *cobra.Command {
	var atom bool
	var kinds string
	var limit int
	cmd := &cobra.Command{
		Use: "feed [TABLE]", Short: "List the newest changes, or write them as a feed", Args: cobra.MaximumNArgs(1),
		Long: "Lists what changed, newest first: new and retired objects, dispositions, ephemerides, radii. --atom writes an Atom feed\n" +
			"(RFC 4287), --json a JSON Feed 1.1; a server offers both at /api/v1/feed.atom and /api/v1/feed.json.",
		Example:   "  exoplanetai catalog feed toi\n  exoplanetai catalog feed --atom > changes.atom\n  exoplanetai catalog feed koi --kinds disposition --limit 20 --json",
		ValidArgs: catalogNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			req := history.FeedRequest{Limit: limit}
			var err error
			if len(args) == 1 {
				if req.Table, err = parseCatalog(args[0]); err != nil {
					return err
				}
			}
			if req.Kinds, err = parseKinds(kinds); err != nil {
				return err
			}
			if limit < 1 {
				return exo.Errorf("cli.feed", exo.Invalid, nil, "--limit %d is no number of entries", limit).With("parameter", "limit").Try("give 1 or more")
			}
			if atom && c.json {
				return exo.Errorf("cli.feed", exo.Invalid, nil, "--atom and --json are both given").Try("give one of the two")
			}
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				req.Base = r.Base
				f, err := r.History.Feed(ctx, req)
				if err != nil {
					return err
				}
				return c.printFeed(f, atom)
			})
		},
	}
	cmd.Flags().BoolVar(&atom, "atom", false, "write an Atom feed")
	cmd.Flags().StringVar(&kinds, "kinds", "", "`kinds` of events: new, retired, disposition, ephemeris, radius, other (default: all but other)")
	cmd.Flags().IntVar(&limit, "limit", 100, "entries at most")
	return cmd
}

func (c *command) printFeed(f history.Feed, atom bool) error {
	if atom || c.json {
		write := f.JSON
		if atom {
			write = f.Atom
		}
		text, err := write()
		if err != nil {
			return err
		}
		if _, err := c.term.Out.Write(text); err != nil {
			return exo.E("cli.print", exo.Internal, nil, err)
		}
		return nil
	}
	var rows [][]string
	for _, item := range f.Items {
		when := stamp(item.At)
		if c.term.OutTTY {
			when = when[:len("2006-01-02")]
		}
		rows = append(rows, []string{when, string(item.Table), versionName(item.State), string(item.Event.Kind), item.Event.Text})
	}
	return c.fitted([]string{"WHEN", "TABLE", "VERSION", "EVENT", "WHAT"}, rows)
}
