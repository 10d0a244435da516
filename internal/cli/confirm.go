package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"exoplanetai/internal/exo"
)

// confirm asks whether to do what cannot be undone. Only the word yes is
// consent; where nobody can answer there is none.
func (c *command) confirm(what string) error {
	fmt.Fprintf(c.term.Err, "%s? Type yes to go on: ", what)
	line, err := bufio.NewReader(io.LimitReader(c.term.In, 100)).ReadString('\n')
	if strings.TrimSpace(line) == "yes" {
		return nil
	}
	return exo.E("cli.confirm", exo.Denied, nil, err).Say("nothing was done, because the answer was not yes").Try("answer yes, or give --yes")
}
