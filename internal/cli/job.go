package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

func (c *command) jobCommand() *cobra.Command {
	return group("job", "See the long work of a server, wait for it, or end it",
		"  exoplanetai job list\n  exoplanetai job show 3f9c2a1b\n  exoplanetai job wait 3f9c2a1b",
		c.jobList(), c.jobShow(), c.jobCancel(), c.jobWait(), c.jobFollow())
}

// queue opens the queue, does the work and closes it.
func (c *command) queue(ctx context.Context, do func(context.Context, *JobBook) error) error {
	s, err := c.services()
	if err != nil {
		return err
	}
	b, err := s.Jobs(ctx, c.common)
	if err != nil {
		return err
	}
	return joined(do(ctx, b), b.Close())
}

func (c *command) jobList() *cobra.Command {
	var f jobs.Filter
	var state string
	cmd := &cobra.Command{
		Use: "list", Short: "List the jobs, newest first", Args: words(),
		Example: "  exoplanetai job list\n  exoplanetai job list --state running --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.State = jobs.State(state)
			switch f.State {
			case "", jobs.Queued, jobs.Running, jobs.Succeeded, jobs.Failed, jobs.Cancelled:
			default:
				return exo.Errorf("cli.job", exo.Invalid, nil, "%q is no state of a job", clean(state)).Try("queued, running, succeeded, failed or cancelled")
			}
			return c.queue(cmd.Context(), func(ctx context.Context, b *JobBook) error {
				list, err := b.Queue.List(ctx, f)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"jobs": list})
				}
				var rows [][]string
				for _, j := range list {
					rows = append(rows, []string{j.ID, j.Kind, string(j.State), doneShare(j.Progress), minute(&j.CreatedAt), minute(j.FinishedAt), problem(j)})
				}
				return c.table([]string{"ID", "KIND", "STATE", ">DONE", "CREATED", "FINISHED", "MESSAGE"}, rows)
			})
		},
	}
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only jobs of this `kind`, ingest.batch for one")
	cmd.Flags().StringVar(&state, "state", "", "only jobs in this `state`")
	cmd.Flags().IntVar(&f.Limit, "limit", 100, "at most so many")
	return cmd
}

// doneShare says how far a job is.
func doneShare(p jobs.Progress) string {
	if p.Total <= 0 {
		return "-"
	}
	return fmt.Sprintf("%d%%", min(p.Done, p.Total)*100/p.Total)
}

// problem is what a failed job says, or what one that runs is at.
func problem(j jobs.Job) string {
	var doc struct{ Detail, Message string }
	if len(j.Error) > 0 && json.Unmarshal(j.Error, &doc) == nil {
		return doc.Detail + doc.Message
	}
	return j.Progress.Message
}

func (c *command) jobShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Print a job with its progress, result and error", Args: words("the job's identifier"),
		Example: "  exoplanetai job show 3f9c2a1b\n  exoplanetai job show 3f9c2a1b --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.queue(cmd.Context(), func(ctx context.Context, b *JobBook) error {
				j, err := b.Queue.Get(ctx, args[0])
				if err != nil {
					return err
				}
				return c.printJob(j)
			})
		},
	}
}

func (c *command) printJob(j jobs.Job) error {
	if c.json {
		return c.printJSON(j)
	}
	rows := [][]string{{"id", j.ID}, {"kind", j.Kind}, {"state", string(j.State)}, {"done", strings.TrimSpace(fmt.Sprintf("%d of %d %s %s", j.Progress.Done, j.Progress.Total, j.Progress.Unit, j.Progress.Message))},
		{"created", minute(&j.CreatedAt)}, {"started", minute(j.StartedAt)}, {"finished", minute(j.FinishedAt)}}
	if text := problem(j); j.State == jobs.Failed {
		rows = append(rows, []string{"error", text})
	}
	if len(j.Result) > 0 && string(j.Result) != "null" {
		rows = append(rows, []string{"result", string(j.Result)})
	}
	return c.table([]string{"WHAT", "VALUE"}, rows)
}

func (c *command) jobCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID", Short: "End a job: a queued one at once, a running one soon", Args: words("the job's identifier"),
		Example: "  exoplanetai job cancel 3f9c2a1b",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.queue(cmd.Context(), func(ctx context.Context, b *JobBook) error {
				done, err := b.Act(ctx, "job "+args[0])
				if err != nil {
					return err
				}
				j, err := b.Queue.Cancel(ctx, args[0])
				done(err)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(j)
				}
				c.note("%s cancelled %s (%s)", c.mark(true), j.ID, j.Kind)
				return nil
			})
		},
	}
}

func (c *command) jobWait() *cobra.Command {
	return &cobra.Command{
		Use: "wait ID", Short: "Wait for the end of a job", Args: words("the job's identifier"),
		Long:    "Waits until a job has ended and prints it. The exit status is 0 if it succeeded, else 1.",
		Example: "  exoplanetai job wait 3f9c2a1b\n  exoplanetai job wait 3f9c2a1b --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.attend(cmd.Context(), args[0], func(jobs.Job) error { return nil })
		},
	}
}

func (c *command) jobFollow() *cobra.Command {
	return &cobra.Command{
		Use: "follow ID", Short: "Print the progress of a job until it ends", Args: words("the job's identifier"),
		Example: "  exoplanetai job follow 3f9c2a1b\n  exoplanetai job follow 3f9c2a1b --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.attend(cmd.Context(), args[0], func(j jobs.Job) error {
				if c.json {
					return c.printCompact(j)
				}
				return c.printLine(clean(fmt.Sprintf("%s %s %d/%d %s %s", j.ID, j.State, j.Progress.Done, j.Progress.Total, j.Progress.Unit, j.Progress.Message)))
			})
		},
	}
}

// lookEvery is how often a job of another process is looked at.
const lookEvery = 500 * time.Millisecond

// attend tells of each state of a job until it ends, and prints the end.
func (c *command) attend(ctx context.Context, id string, tell func(jobs.Job) error) error {
	return c.queue(ctx, func(ctx context.Context, b *JobBook) error {
		var last string
		for {
			j, err := b.Queue.Get(ctx, id)
			if err != nil {
				return err
			}
			now := fmt.Sprint(j.State, j.Progress)
			if now != last && !j.State.Ended() {
				if err := tell(j); err != nil {
					return err
				}
			}
			last = now
			if j.State.Ended() {
				return c.ended(j)
			}
			select {
			case <-ctx.Done():
				return exo.E("cli.job", exo.Canceled, id, ctx.Err())
			case <-time.After(lookEvery):
			}
		}
	})
}

// ended prints a job that has ended, and fails if it did.
func (c *command) ended(j jobs.Job) error {
	if err := c.printJob(j); err != nil {
		return err
	}
	if j.State == jobs.Succeeded {
		return nil
	}
	return exo.Errorf("cli.job", exo.Conflict, j.ID, "the job %s", j.State).Try("exoplanetai job show %s", j.ID)
}

func (c *command) workerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "worker", Short: "Do the jobs of a server on this machine, too, until Ctrl-C", Args: words(),
		Long: "Takes jobs from the queue that servers and workers share, and does the scheduled work. It needs Postgres (DATABASE_URL) and the same\n" +
			"data folder as the servers, on a file system with locks, NFSv4 for one. Any number of workers may run; jobs of one that\n" +
			"dies are taken up by another. It answers no HTTP.",
		Example: "  DATABASE_URL=postgres://exo@db/exo exoplanetai worker --data-path /srv/exoplanets\n" +
			"  exoplanetai worker --set processing.jobs_at_a_time=4",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := c.services()
			if err != nil {
				return err
			}
			return s.Work(cmd.Context(), c.common, func(about string) {
				c.stopped = true
				c.note("working: %s; stop with Ctrl-C", about)
			})
		},
	}
	return cmd
}
