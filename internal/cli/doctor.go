package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/doctor"
	"exoplanetai/internal/exo"
)

// Examiner looks at the whole data folder.
type Examiner interface {
	Examine(ctx context.Context) ([]doctor.Finding, error)
	Fix(ctx context.Context) (doctor.Report, error)
}

// Practice opens a data folder for the doctor, as far as it opens; to fix, it
// opens it to write.
type Practice interface {
	Doctor(ctx context.Context, c Common, fix bool) (d Examiner, end func() error, err error)
}

// examined is the document of `doctor --json`.
type examined struct {
	OK       bool             `json:"ok"` // nothing that is an error
	Findings []doctor.Finding `json:"findings"`
	Acts     []doctor.Act     `json:"acts"` // what --fix did
}

func (c *command) doctorCommand() *cobra.Command {
	var fix bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Find what is wrong, say why it matters, and put it right", Args: words(),
		Long: "Looks at the disk, the index, the stored files (without reading their bytes), the versions, the backups and the clock,\n" +
			"and says what is wrong, what comes of it, and what to do. Nothing is changed.\n" +
			"With --fix it does what is safe: makes the index anew, mends records, permissions and checksum files, brings damaged files\n" +
			"back from copies with the recorded digest, and clears the cache of a full disk. Raw data, light curves and versions are never removed.\n" +
			"If an error is left, the exit status is 4.",
		Example: "  exoplanetai doctor\n  exoplanetai doctor --fix\n  exoplanetai doctor --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			doc, err := c.examine(cmd.Context(), fix)
			if err != nil {
				return err
			}
			return c.printExamined(doc)
		},
	}
	cmd.Flags().BoolVar(&fix, "fix", false, "do what is safe to do")
	return cmd
}

// examine looks, or fixes. An index that was made anew for a store that did not
// open is followed by a second round, on the store as it is then.
func (c *command) examine(ctx context.Context, fix bool) (doc examined, err error) {
	doc.Acts = []doctor.Act{}
	for range 2 {
		var again bool
		again, err = c.visit(ctx, fix, &doc)
		if err != nil || !again {
			break
		}
	}
	doc.OK = true
	for _, f := range doc.Findings {
		doc.OK = doc.OK && f.Severity != doctor.Error
	}
	return doc, err
}

func (c *command) visit(ctx context.Context, fix bool, doc *examined) (again bool, err error) {
	p, ok := c.program.(Practice)
	if !ok {
		return false, exo.Errorf("cli.doctor", exo.Internal, nil, "this program has no doctor")
	}
	d, end, err := p.Doctor(ctx, c.common, fix)
	if err != nil {
		return false, err
	}
	defer func() { err = joined(err, end()) }()
	if !fix {
		doc.Findings, err = d.Examine(ctx)
		return false, err
	}
	r, err := d.Fix(ctx)
	doc.Findings, doc.Acts = r.Left, append(doc.Acts, r.Acts...)
	return r.Reopen, err
}

func (c *command) printExamined(doc examined) error {
	if c.json {
		if err := c.printJSON(doc); err != nil {
			return err
		}
	} else if err := c.printActs(doc); err != nil {
		return err
	}
	if !doc.OK {
		return exo.Errorf("cli.doctor", exo.Corrupt, nil, "something is broken: %s", count(len(doc.Findings), "finding", "findings")).
			Try("do what the list says for each")
	}
	if len(doc.Findings) == 0 {
		c.note("%s nothing to say about the data folder", c.mark(true))
	}
	return nil
}

func (c *command) printActs(doc examined) error {
	for _, a := range doc.Acts {
		if a.Error != "" {
			c.note("%s %s: %s", c.mark(false), clean(a.What), clean(a.Error))
			continue
		}
		c.note("%s %s: %s", c.mark(true), clean(a.What), clean(a.Done))
		for _, left := range a.Left {
			c.note("  left: %s", clean(left))
		}
	}
	if len(doc.Findings) == 0 {
		return nil
	}
	var rows [][]string
	for _, f := range doc.Findings {
		fix := f.Fix
		if f.Fixable && !strings.Contains(fix, "doctor --fix") {
			fix += " (or exoplanetai doctor --fix)"
		}
		rows = append(rows, []string{string(f.Severity), f.Code, f.What, f.Why, fix})
	}
	return c.table([]string{"SEVERITY", "CODE", "WHAT", "WHY", "FIX"}, rows)
}
