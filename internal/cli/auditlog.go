package cli

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/exo"
)

func (c *command) auditCommand() *cobra.Command {
	return group("audit", "See who changed what, and whether the record is whole",
		"  exoplanetai audit list --actor anna\n  exoplanetai audit verify\n  exoplanetai audit follow",
		c.auditList(), c.auditExport(), c.auditVerify(), c.auditFollow())
}

func (c *command) auditList() *cobra.Command {
	var f audit.Filter
	var outcome, since, until string
	cmd := &cobra.Command{
		Use: "list", Short: "List what was done, newest first", Args: words(),
		Long: "Lists the events of the audit log, newest first: every change, and every call that was turned away.",
		Example: "  exoplanetai audit list --actor anna --since 24h\n  exoplanetai audit list --outcome denied --limit 20\n" +
			"  exoplanetai audit list --action 'cli *' --json",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if f.From, err = c.moment(since); err != nil {
				return err
			}
			if f.To, err = c.moment(until); err != nil {
				return err
			}
			f.Outcome = audit.Outcome(outcome)
			return c.accounts(cmd.Context(), false, func(ctx context.Context, a *Accounts) error {
				page, err := a.Audit.Query(ctx, f)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(page)
				}
				var rows [][]string
				for _, e := range page.Events {
					rows = append(rows, eventRow(e))
				}
				if err := c.table([]string{">SEQ", "AT", "ACTOR", "VIA", "ADDRESS", "OUTCOME", "CODE", "ACTION", "OBJECT"}, rows); err != nil {
					return err
				}
				if page.Next > 0 {
					c.note("there are more: --before %d", page.Next)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&f.Actor, "actor", "", "only what this `user` did")
	cmd.Flags().StringVar(&f.Action, "action", "", "only this `action`; with * at its end all that begin so")
	cmd.Flags().StringVar(&f.Object, "object", "", "only what was done to this; with * as above")
	cmd.Flags().StringVar(&f.Address, "address", "", "only from this address")
	cmd.Flags().StringVar(&f.RequestID, "request", "", "only of this request")
	cmd.Flags().StringVar(&outcome, "outcome", "", "only with this `outcome`: allowed, done, failed, denied")
	cmd.Flags().StringVar(&since, "since", "", "only at or after this `time`: 24h ago, or 2026-01-31, or 2026-01-31T12:00:00Z")
	cmd.Flags().StringVar(&until, "until", "", "only before this `time`")
	cmd.Flags().Int64Var(&f.Before, "before", 0, "only events before this `number`")
	cmd.Flags().IntVar(&f.Limit, "limit", 100, "at most so many events, 1000 at most")
	return cmd
}

func eventRow(e audit.Event) []string {
	return []string{strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339), e.Actor, e.Via, e.Address, string(e.Outcome), e.Code, e.Action, e.Object}
}

// moment reads a time, or how long ago it was; zero for nothing.
func (c *command) moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return c.program.Now().Add(-d), nil
	}
	return time.Time{}, exo.Errorf("cli.moment", exo.Invalid, nil, "%q is no time", clean(text)).Try("24h for a day ago, 2026-01-31, or 2026-01-31T12:00:00Z")
}

func (c *command) auditExport() *cobra.Command {
	var out string
	var force bool
	cmd := &cobra.Command{
		Use: "export", Short: "Write the whole audit log, one line of JSON an event", Args: words(),
		Example: "  exoplanetai audit export -o audit.jsonl\n  exoplanetai audit export | gzip > audit.jsonl.gz",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.accounts(cmd.Context(), false, func(ctx context.Context, a *Accounts) error {
				if out == "" || out == "-" {
					return a.Audit.Export(ctx, c.term.Out)
				}
				return c.program.CreateFile(ctx, out, WriteOptions{Replace: force}, func(w io.Writer) error { return a.Audit.Export(ctx, w) })
			})
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "`file` to write (default standard output)")
	cmd.Flags().BoolVar(&force, "force", false, "write over a file that exists")
	return cmd
}

func (c *command) auditVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check that nothing was removed from, changed in or added to the audit log", Args: words(),
		Long: "Reads the audit log and its mirror logs/audit.log from end to end, checks the seal of each event and that each follows the\n" +
			"one before, and names each place where that does not hold; then the exit status is 4.",
		Example: "  exoplanetai audit verify\n  exoplanetai audit verify --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.accounts(cmd.Context(), false, func(ctx context.Context, a *Accounts) error {
				r, err := a.Audit.Verify(ctx)
				if err != nil {
					return err
				}
				return c.printAudited(r)
			})
		},
	}
}

func (c *command) printAudited(r audit.Report) error {
	if c.json {
		if err := c.printJSON(r); err != nil {
			return err
		}
	} else if len(r.Breaks) > 0 {
		var rows [][]string
		for _, b := range r.Breaks {
			rows = append(rows, []string{b.Where, strconv.FormatInt(b.Seq, 10), strconv.FormatInt(b.Line, 10), b.What})
		}
		if err := c.table([]string{"WHERE", ">EVENT", ">LINE", "WHAT"}, rows); err != nil {
			return err
		}
	}
	if !r.OK {
		return exo.Errorf("cli.audit", exo.Corrupt, nil, "the audit log is not as it was written: %s", count(r.BreaksTotal, "break", "breaks")).
			Try("compare it with an export or a backup of before, and find out who could write to the database")
	}
	c.note("%s %s, sealed and in order", c.mark(true), count(r.Events, "event", "events"))
	if r.MirrorBehind > 0 {
		c.note("  the mirror agrees, and lacks the last %s: the next server, or command that writes data, adds them", count(r.MirrorBehind, "event", "events"))
	} else if r.Mirrored {
		c.note("  the mirror agrees: %s", count(r.MirrorLines, "line", "lines"))
	}
	return nil
}

func (c *command) auditFollow() *cobra.Command {
	return &cobra.Command{
		Use: "follow", Short: "Print events as they are written, until Ctrl-C", Args: words(),
		Example: "  exoplanetai audit follow\n  exoplanetai audit follow --json | jq 'select(.outcome == \"denied\")'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.accounts(cmd.Context(), true, func(ctx context.Context, a *Accounts) error {
				events := a.Audit.Subscribe(ctx)
				ctx, cancel := context.WithCancel(ctx)
				ran := make(chan error, 1)
				go func() { ran <- a.Audit.Run(ctx) }()
				c.stopped = true
				err := c.printEvents(ctx, events)
				cancel()
				if rerr := <-ran; err == nil && cmd.Context().Err() == nil {
					err = rerr
				}
				return err
			})
		},
	}
}

// printEvents prints each event in one line until there are no more.
func (c *command) printEvents(ctx context.Context, events <-chan audit.Event) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-events:
			if !ok {
				return nil
			}
			var err error
			if c.json {
				err = c.printCompact(e)
			} else {
				err = c.printLine(clean(strings.Join(eventRow(e), "  ")))
			}
			if err != nil {
				return err
			}
		}
	}
}

// printCompact writes a document in one line.
func (c *command) printCompact(v any) error {
	enc := json.NewEncoder(c.term.Out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return exo.E("cli.print", exo.Internal, nil, err)
	}
	return nil
}
