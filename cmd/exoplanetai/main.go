// Command exoplanetai mirrors the exoplanet archives and keeps what they hold,
// checked and hashed. See exoplanetai --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"exoplanetai/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the program at once
	os.Exit(app.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}
