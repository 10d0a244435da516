package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/term"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
)

// Version is the program's version.
const Version = "0.1.0"

// Run is the program: it executes one command line and returns the exit
// status. It ends soon after ctx does.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) int {
	p := &program{
		clock: time.Now, rand: rand.Reader, stderr: stderr,
		env: func(name string) (string, bool) { v := getenv(name); return v, v != "" },
	}
	return cli.Run(ctx, p, terminal(stdin, stdout, stderr, getenv), args)
}

// terminal finds out what the streams are.
func terminal(stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) cli.Terminal {
	t := cli.Terminal{In: stdin, Out: stdout, Err: stderr, Invocation: identifier(rand.Reader)}
	t.OutTTY, t.Width = isTerminal(stdout)
	t.ErrTTY, _ = isTerminal(stderr)
	t.Color = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	locale := getenv("LC_ALL") + getenv("LC_CTYPE") + getenv("LANG")
	if f, ok := stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.Password = func(prompt string) (string, error) {
			if _, err := io.WriteString(stderr, prompt); err != nil {
				return "", err
			}
			text, err := term.ReadPassword(int(f.Fd()))
			if err != nil {
				return "", err
			}
			_, err = io.WriteString(stderr, "\n")
			return string(text), err
		}
	}
	t.UTF8 = strings.Contains(strings.ToUpper(strings.ReplaceAll(locale, "-", "")), "UTF8")
	return t
}

func isTerminal(w io.Writer) (bool, int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return true, width
}

// identifier makes a short random name for a run.
func identifier(from io.Reader) string {
	var b [8]byte
	if _, err := io.ReadFull(from, b[:]); err != nil {
		return ""
	}
	return hex.EncodeToString(b[:])
}

// program implements cli.Program.
type program struct {
	clock  exo.Clock
	rand   io.Reader
	stderr io.Writer
	env    func(string) (string, bool)
}

// Version names the program, its version and the commit it was built from.
func (p *program) Version() string {
	v := "exoplanetai " + Version
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				v += " (" + s.Value[:12] + ")"
			}
		}
	}
	return v
}

// load reads the configuration for a command, and opens what of it is sealed.
func (p *program) load(c cli.Common) (config.Config, error) {
	cfg, err := config.Load(config.Sources{File: c.File, Env: p.env, Flags: c.Set})
	if err != nil {
		return cfg, err
	}
	return cfg, openSealed(&cfg, newMasterKeys(cfg, p.options(c, Keeper, "a command")))
}

// Settings lists the configuration in force.
func (p *program) Settings(c cli.Common) ([]cli.Setting, error) {
	cfg, err := config.Load(config.Sources{File: c.File, Env: p.env, Flags: c.Set})
	if err != nil {
		return nil, err
	}
	var list []cli.Setting
	for _, e := range cfg.Entries() {
		list = append(list, cli.Setting{Key: e.Key, Value: e.Value, Origin: string(e.Origin)})
	}
	return list, nil
}
