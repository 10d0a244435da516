package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
)

func (c *command) heldCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the tables that wait for approval", Args: words(),
		Example: "  exoplanetai ingest held list\n  exoplanetai ingest held list --json\n  exoplanetai ingest held list --data-path /srv/exoplanets",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				held, err := r.Ingest.Held(ctx)
				if err != nil {
					return err
				}
				return c.printHeld(held)
			})
		},
	}
	return group("held", "Decide on tables that changed too much at once",
		"  exoplanetai ingest held list\n  exoplanetai ingest held approve ID\n  exoplanetai ingest held discard ID", list, c.heldApprove(), c.heldDiscard())
}

func (c *command) heldApprove() *cobra.Command {
	return &cobra.Command{
		Use: "approve ID", Short: "Make a held table current", Args: words("the identifier of a held table"),
		Example: "  exoplanetai ingest held approve koi_20260102_030405\n  exoplanetai ingest held approve koi_20260102_030405 --json\n  exoplanetai ingest held list",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.decide(cmd.Context(), args[0], func(ctx context.Context, w *Writer) error {
				res, err := w.Ingest.Approve(ctx, args[0])
				if err != nil {
					return err
				}
				return c.printTables(res, []ingest.TableResult{res})
			})
		},
	}
}

func (c *command) heldDiscard() *cobra.Command {
	return &cobra.Command{
		Use: "discard ID", Short: "Decide that a held table never becomes current", Args: words("the identifier of a held table"),
		Long:    "Decides that a held table never becomes current. Its bytes are kept.",
		Example: "  exoplanetai ingest held discard koi_20260102_030405\n  exoplanetai ingest held discard koi_20260102_030405 --json\n  exoplanetai ingest held list",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.decide(cmd.Context(), args[0], func(ctx context.Context, w *Writer) error {
				if err := w.Ingest.Discard(ctx, args[0]); err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]string{"status": "discarded", "held_id": args[0]})
				}
				c.note("discarded %s", clean(args[0]))
				return nil
			})
		},
	}
}

// decide opens the store for writing only if the table waits: a wrong
// identifier writes nothing.
func (c *command) decide(ctx context.Context, id string, do func(context.Context, *Writer) error) error {
	err := c.read(ctx, func(ctx context.Context, r *Reader) error {
		held, err := r.Ingest.Held(ctx)
		if err != nil || slices.ContainsFunc(held, func(h ingest.HeldTable) bool { return h.ID == id }) {
			return err
		}
		return exo.Errorf("cli.held", exo.NotFound, nil, "no table with the identifier %.80q waits for approval", id).Try("exoplanetai ingest held list")
	})
	if err != nil {
		return err
	}
	return c.write(ctx, do)
}

func (c *command) printHeld(held []ingest.HeldTable) error {
	if c.json {
		return c.printJSON(map[string]any{"held": nonNil(held)})
	}
	var rows [][]string
	for _, h := range held {
		rows = append(rows, []string{
			h.ID, string(h.TableType), strconv.Itoa(h.Records),
			fmt.Sprintf("+%d", h.Changes.Added), fmt.Sprintf("-%d", h.Changes.Removed), fmt.Sprintf("~%d", h.Changes.Changed), h.Reason,
		})
	}
	return c.table([]string{"ID", "TABLE", ">ROWS", ">ADDED", ">REMOVED", ">CHANGED", "REASON"}, rows)
}
