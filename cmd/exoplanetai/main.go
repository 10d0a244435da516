// Command exoplanetai mirrors the exoplanet archives and keeps what they hold,
// checked and hashed. See exoplanetai --help.
package main

import (
	"context"
	"os"

	"exoplanetai/internal/app"
)

func main() {
	ctx := app.Interruptible(context.Background())
	os.Exit(app.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}
