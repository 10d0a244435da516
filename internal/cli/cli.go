package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/process"
)

// Terminal is where a command reads and writes.
type Terminal struct {
	In         io.Reader
	Out, Err   io.Writer
	OutTTY     bool   // Out is a terminal: tables instead of tab-separated values
	ErrTTY     bool   // Err is a terminal: progress bars instead of lines
	Width      int    // columns of the terminal; 0: 80
	Color      bool   // the environment allows colour
	UTF8       bool   // the locale can show bars and marks
	Invocation string // identifier of this run, in errors and in the log

	// Password asks for a password without showing it; nil: nobody can be asked.
	Password func(prompt string) (string, error)
}

// columns is the width to fit into.
func (t Terminal) columns() int {
	if t.Width > 0 {
		return t.Width
	}
	return 80
}

// Common are the flags that every command takes.
type Common struct {
	File    string            // configuration file; empty: the usual one
	Set     map[string]string // settings by key, over file and environment
	Verbose bool
	Quiet   bool
	Command string // the command that runs, "version create", for the audit log
}

// Program is what the commands stand on. Package app provides it.
type Program interface {
	// Version names the program and its version.
	Version() string
	// ReadFile reads a file that the user named, at most limit bytes.
	ReadFile(ctx context.Context, name string, limit int64) ([]byte, error)
	// WriteFile writes a file that the user named, whole or not at all, and
	// makes its folder where there is none. One that exists is exo.Exists.
	WriteFile(ctx context.Context, name string, data []byte, o WriteOptions) error
	// CreateFile is WriteFile for what is written piece by piece: the name appears
	// when fill is done, and not at all if it fails.
	CreateFile(ctx context.Context, name string, o WriteOptions, fill func(io.Writer) error) error
	// MayWrite refuses what WriteFile would refuse for what is there already.
	MayWrite(name string, o WriteOptions) error
	// IsFolder tells whether the name is that of a folder.
	IsFolder(name string) bool
	// ProcessFile processes one light-curve file in memory.
	ProcessFile(ctx context.Context, c Common, in process.FileInput) (process.FileOutput, error)
	// Now tells the time.
	Now() time.Time
	// Settings returns the configuration as it is in force.
	Settings(c Common) ([]Setting, error)
	// Read opens the store for looking only; nothing on the disk changes.
	Read(ctx context.Context, c Common) (*Reader, error)
	// Write opens the store and all that feeds it; one at a time. With rebuild
	// it does so although the index is damaged or contradicts the tree.
	Write(ctx context.Context, c Common, rebuild bool) (*Writer, error)
	// Backups opens the backups. It needs no data tree: after a disaster there is
	// none. With keep the outcome of a check is kept in the tree, if there is one,
	// and nobody else writes to it meanwhile.
	Backups(ctx context.Context, c Common, keep bool) (*Backups, error)
	// Serve answers HTTP until ctx ends; ready is called with the address.
	Serve(ctx context.Context, c Common, o ServeOptions, ready func(url string)) error
	// Archive runs the sample archives until ctx ends.
	Archive(ctx context.Context, c Common, o ArchiveOptions, ready func(url string)) error
	// Faults lists the faults that the sample archives can play.
	Faults() []Fault
	// Demo starts the sample archives and, on them, a store and a server.
	Demo(ctx context.Context, c Common, o DemoOptions) (*Demo, error)
}

// WriteOptions says what WriteFile may do.
type WriteOptions struct {
	Replace bool     // write over a file that exists
	Keep    []string // files that are never written over: what was read
}

// Setting is one line of `config show`.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // default, file, env or flag
}

// command is one run: the flags that were given and where to write.
type command struct {
	program Program
	term    Terminal
	common  Common
	set     []string
	short   map[string]*string // flags that stand for one setting, by its key
	json    bool
	noColor bool
	started bool // a command's own code ran: its errors are not about usage
	stopped bool // the end of the context was the wanted end
}

// Run executes one command line and returns its exit status.
func Run(ctx context.Context, p Program, term Terminal, args []string) int {
	c := &command{program: p, term: term, short: map[string]*string{}}
	root := c.root()
	root.SetArgs(append([]string{}, args...))
	ran, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if !c.started {
		err = usageError(ran, err)
		c.json = c.json || slices.Contains(args, "--json") // the flag may stand behind the mistake
	}
	if ctx.Err() != nil && !c.stopped && !errors.Is(err, exo.Corrupt) {
		err = exo.E("cli", exo.Canceled, nil, err).Say("interrupted").Try("run the command again; what was finished is kept")
	}
	return c.fail(err)
}

// usageError makes an error of ours from one of the flag parser's, whose words
// are Go's where a value cannot be read.
func usageError(cmd *cobra.Command, err error) error {
	if _, ok := errors.AsType[*exo.Error](err); ok {
		return err
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	if value, _, ok := strings.Cut(text, " flag: strconv."); ok {
		text = value + ": the value cannot be read"
		if strings.Contains(err.Error(), "out of range") {
			text = value + ": the value is too large"
		}
	}
	return exo.E("cli", exo.Invalid, nil, err).Say("%s", text).Try("see %s --help", cmd.CommandPath())
}

// words accepts as many words after a command as it names in its usage line.
func words(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		var e *exo.Error
		switch {
		case len(args) < len(names):
			e = exo.Errorf("cli", exo.Invalid, nil, "%s needs one more word: %s", cmd.CommandPath(), names[len(args)])
		case len(args) > len(names):
			e = exo.Errorf("cli", exo.Invalid, nil, "%q is one word too many for %s", clean(args[len(names)]), cmd.CommandPath())
		default:
			return nil
		}
		return e.Try("see %s --help", cmd.CommandPath())
	}
}

// texts are the flags that take a text.
var texts = []string{"config", "data-path", "cache-path", "log-level", "listen", "mission", "author", "from", "data", "output", "report", "as", "target", "source", "params",
	"sort", "columns", "cone", "version", "as-of", "format", "kinds", "to",
	"tls-cert", "tls-key", "user", "role", "expires", "actor", "action", "object", "address", "request", "outcome", "since", "until", "kind", "state"}

// noEmptyFlag refuses a flag that was given without a value: a variable of the
// shell that is not set must not stand for the default folder.
func noEmptyFlag(cmd *cobra.Command) error {
	for _, name := range texts {
		if value, err := cmd.Flags().GetString(name); err == nil && value == "" && cmd.Flags().Changed(name) {
			return exo.Errorf("cli", exo.Invalid, nil, "--%s is given without a value", name).Try("give a value, or leave the flag out")
		}
	}
	return nil
}

// root builds the tree of commands.
func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "exoplanetai",
		Short: "Mirror the exoplanet archives and keep what they hold, checked and hashed",
		Long: "exoplanetai mirrors the KOI, TOI and K2 tables and the Kepler, K2 and TESS light curves:\n" +
			"fetched from the archives, checked, hashed, stored with their provenance, processed, and served.",
		Example: "  exoplanetai demo\n" +
			"  exoplanetai ingest table koi\n" +
			"  exoplanetai preprocess file IN.fits -o OUT.fits --profile transit\n" +
			"  exoplanetai serve",
		Version:           c.program.Version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return c.readCommon(cmd) },
		Args:              knownCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(c.term.In)
	root.SetOut(c.term.Out)
	root.SetErr(c.term.Err)
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVar(&c.common.File, "config", "", "configuration `file` (default data_config.yaml if there is one)")
	c.shortcut(root, "data-path", "data_path", "`folder` of the data tree")
	c.shortcut(root, "cache-path", "cache_path", "`folder` of the cache")
	c.shortcut(root, "log-level", "log_level", "least `level` that is logged: debug, info, warn, error")
	f.StringArrayVar(&c.set, "set", nil, "any other setting, as `key=value`; see exoplanetai config show")
	f.BoolVar(&c.json, "json", false, "print one JSON document")
	f.BoolVarP(&c.common.Quiet, "quiet", "q", false, "print data and errors only")
	f.BoolVarP(&c.common.Verbose, "verbose", "v", false, "print what is done")
	f.BoolVar(&c.noColor, "no-color", false, "print without colours")
	root.AddCommand(c.demoCommand(), c.serveCommand(), c.ingestCommand(), c.preprocessCommand(), c.reproduceCommand(), c.lightcurveCommand(), c.validateCommand(), c.catalogCommand(), c.targetCommand(), c.versionCommand(), c.storageCommand(), c.backupCommand(), c.doctorCommand(), c.configCommand(), c.archiveCommand())
	root.AddCommand(c.userCommand(), c.keyCommand(), c.tokenCommand(), c.auditCommand(), c.jobCommand(), c.workerCommand())
	return root
}

// shortcut adds a flag that stands for one setting.
func (c *command) shortcut(cmd *cobra.Command, name, key, usage string) {
	v := new(string)
	c.short[key] = v
	cmd.PersistentFlags().StringVar(v, name, "", usage)
}

// readCommon gathers the settings given by flags.
func (c *command) readCommon(cmd *cobra.Command) error {
	if err := noEmptyFlag(cmd); err != nil {
		return err
	}
	c.common.Set = map[string]string{}
	for key, v := range c.short {
		if *v != "" {
			c.common.Set[key] = *v
		}
	}
	for _, pair := range c.set {
		key, v, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return exo.Errorf("cli.set", exo.Invalid, nil, "--set %q is not key=value", clean(pair)).Try("--set freshness.koi=12h")
		}
		c.common.Set[key] = v
	}
	if c.noColor {
		c.term.Color = false
	}
	_, c.common.Command, _ = strings.Cut(cmd.CommandPath(), " ")
	c.started = true
	return nil
}

// knownCommand refuses a word that is no command and proposes one that is.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := "see " + cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = cmd.CommandPath() + " " + strings.Join(near, " or ")
	}
	return exo.Errorf("cli", exo.Invalid, nil, "%q is not a command of %s", clean(args[0]), cmd.CommandPath()).Try("%s", hint)
}

// group makes a command that only holds others.
func group(use, short, example string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(subs...)
	return cmd
}
