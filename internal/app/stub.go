package app

import (
	"context"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
)

func notYet() error { return exo.Errorf("app", exo.Unavailable, nil, "this part is not built in") }

// Read opens the store for looking only.
func (p *program) Read(context.Context, cli.Common) (*cli.Reader, error) { return nil, notYet() }

// Write opens the store and all that feeds it.
func (p *program) Write(context.Context, cli.Common) (*cli.Writer, error) { return nil, notYet() }

// Serve answers HTTP.
func (p *program) Serve(context.Context, cli.Common, func(string)) error { return notYet() }

// Archive runs the sample archives.
func (p *program) Archive(context.Context, cli.Common, cli.ArchiveOptions, func(string)) error {
	return notYet()
}

// Faults lists the faults.
func (p *program) Faults() []cli.Fault { return nil }

// Demo starts the demonstration.
func (p *program) Demo(context.Context, cli.Common, cli.DemoOptions) (*cli.Demo, error) {
	return nil, notYet()
}
