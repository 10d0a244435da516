package cli

import (
	"bufio"
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

func (c *command) userCommand() *cobra.Command {
	return group("user", "Keep the users of the server: who may come in, and what they may do",
		"  exoplanetai user create anna --role admin --password-stdin < password.txt\n  exoplanetai user list\n  exoplanetai user role ben researcher",
		c.userCreate(), c.userList(), c.userRole(), c.userPassword(),
		c.userState("disable", "Shut a user out: no sign-in, no token, no key", func(ctx context.Context, u Users, name string) error { return u.Disable(ctx, name) }),
		c.userState("enable", "Let a user in again", func(ctx context.Context, u Users, name string) error { return u.Enable(ctx, name) }),
		c.userDelete())
}

// maxPassword bounds what is read for a password or another secret.
const maxPassword = 4096

// password reads a password.
func (c *command) password(stdin bool, prompt string) (string, error) {
	return c.secret("password", stdin, "--password-stdin", prompt)
}

// secret reads a secret: the first line of standard input, or what is typed on a
// terminal without being shown. It is never taken from the command line, which
// other users of the machine and the shell's history see.
func (c *command) secret(what string, stdin bool, flag, prompt string) (string, error) {
	const op = "cli.secret"
	if !stdin {
		if c.term.Password == nil {
			return "", exo.Errorf(op, exo.Invalid, nil, "there is no %s", what).Try("pipe it in and give %s", flag)
		}
		text, err := c.term.Password(prompt + ": ")
		if err != nil {
			return "", exo.E(op, exo.Invalid, nil, err).Say("no %s could be read from the terminal", what).Try("pipe it in and give %s", flag)
		}
		return text, nil
	}
	line, err := bufio.NewReader(io.LimitReader(c.term.In, maxPassword)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", exo.E(op, exo.Invalid, nil, err).Say("no %s could be read from standard input", what)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", exo.Errorf(op, exo.Invalid, nil, "the first line of standard input, which is the %s, is empty", what).Try("printf '%%s\\n' \"$SECRET\" | exoplanetai … %s", flag)
	}
	return line, nil
}

func (c *command) userCreate() *cobra.Command {
	var role string
	var stdin bool
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make a user", Args: words("the user's name"),
		Long: "Makes a user. The first one must be an admin; from then on the server asks everybody to sign in.\n" +
			"Roles: user (reads, fetches one table or light curve, validates, processes), researcher (batches, versions,\n" +
			"restores to a folder, sees backups), admin (everything). The password has 12 characters at least; it is the first\n" +
			"line of standard input, or asked for.",
		Example: "  exoplanetai user create anna --role admin --password-stdin < password.txt\n  exoplanetai user create ben --role researcher",
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := auth.ParseRole(role)
			if err != nil {
				return err
			}
			if err := auth.CheckName(args[0]); err != nil {
				return err
			}
			password, err := c.password(stdin, "Password of "+args[0])
			if err != nil {
				return err
			}
			return c.change(cmd.Context(), "user "+args[0], func(ctx context.Context, a *Accounts) error {
				u, err := a.Users.CreateUser(ctx, args[0], r, password)
				if err != nil {
					return err
				}
				return c.printUser(u, "made")
			})
		},
	}
	cmd.Flags().StringVar(&role, "role", string(auth.User), "`role`: user, researcher or admin")
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

func (c *command) printUser(u auth.UserInfo, what string) error {
	if c.json {
		return c.printJSON(u)
	}
	c.note("%s %s %s, %s", c.mark(true), what, u.Name, u.Role)
	return nil
}

func (c *command) userList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the users", Args: words(),
		Example: "  exoplanetai user list\n  exoplanetai user list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.accounts(cmd.Context(), false, func(ctx context.Context, a *Accounts) error {
				list, err := a.Users.Users(ctx)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"users": list})
				}
				var rows [][]string
				for _, u := range list {
					state := "enabled"
					if u.Disabled {
						state = "disabled"
					}
					rows = append(rows, []string{u.Name, string(u.Role), state, minute(&u.CreatedAt), minute(u.LastSignIn)})
				}
				return c.table([]string{"NAME", "ROLE", "STATE", "CREATED", "LAST SIGN-IN"}, rows)
			})
		},
	}
}

// minute prints a time for people; "-" for none.
func minute(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

func (c *command) userRole() *cobra.Command {
	return &cobra.Command{
		Use: "role NAME ROLE", Short: "Change a user's role", Args: words("the user's name", "the role"),
		Long:    "Changes a user's role. It holds within a minute, for tokens and keys that are out already, too.",
		Example: "  exoplanetai user role ben researcher",
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := auth.ParseRole(args[1])
			if err != nil {
				return err
			}
			return c.changeUser(cmd.Context(), args[0], "changed", func(ctx context.Context, u Users) error { return u.SetRole(ctx, args[0], r) })
		},
	}
}

func (c *command) userPassword() *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use: "password NAME", Short: "Change a user's password", Args: words("the user's name"),
		Long:    "Changes a user's password and ends all of the user's sessions. API keys stay.",
		Example: "  exoplanetai user password anna --password-stdin < password.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := c.password(stdin, "New password of "+args[0])
			if err != nil {
				return err
			}
			return c.changeUser(cmd.Context(), args[0], "changed", func(ctx context.Context, u Users) error { return u.SetPassword(ctx, args[0], password) })
		},
	}
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

// changeUser does something to a user and prints who that is then.
func (c *command) changeUser(ctx context.Context, name, what string, do func(context.Context, Users) error) error {
	return c.change(ctx, "user "+name, func(ctx context.Context, a *Accounts) error {
		if err := do(ctx, a.Users); err != nil {
			return err
		}
		u, err := a.Users.User(ctx, name)
		if err != nil {
			return err
		}
		return c.printUser(u, what)
	})
}

func (c *command) userState(use, short string, do func(context.Context, Users, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use + " NAME", Short: short, Args: words("the user's name"),
		Example: "  exoplanetai user " + use + " ben",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.changeUser(cmd.Context(), args[0], use+"d", func(ctx context.Context, u Users) error { return do(ctx, u, args[0]) })
		},
	}
}

func (c *command) userDelete() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Remove a user with all sessions and keys", Args: words("the user's name"),
		Example: "  exoplanetai user delete ben\n  exoplanetai user delete ben --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				if err := c.confirm("remove the user " + clean(args[0]) + " with all sessions and keys"); err != nil {
					return err
				}
			}
			return c.change(cmd.Context(), "user "+args[0], func(ctx context.Context, a *Accounts) error {
				if err := a.Users.DeleteUser(ctx, args[0]); err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"deleted": args[0]})
				}
				c.note("%s removed %s", c.mark(true), clean(args[0]))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}
