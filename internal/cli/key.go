package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

func (c *command) keyCommand() *cobra.Command {
	return group("key", "Keep the API keys of programs, and the keys of the server itself",
		"  exoplanetai key create nightly --user anna --role user --expires 90d\n  exoplanetai key list\n  exoplanetai key rotate-master",
		c.keyCreate(), c.keyList(), c.keyRevoke(), c.keyMaster(), c.keySigning(), c.keySeal())
}

// made is the document of `key create --json`: the only time that the key is shown.
type made struct {
	auth.KeyInfo
	Key string `json:"key"`
}

func (c *command) keyCreate() *cobra.Command {
	var user, role, expires string
	var scopes []string
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make an API key", Args: words("what the key is for"),
		Long: "Makes an API key and prints it, once: only its digest is kept. It is sent as X-API-Key or Authorization: Bearer.\n" +
			"Its role is never above its user's, and ends or shrinks with it. Scopes narrow it further: read, ingest, process,\n" +
			"version, backup, admin; without any it may do all that its role allows.",
		Example: "  exoplanetai key create nightly --user anna --role user --scope read,ingest --expires 90d\n" +
			"  curl -H \"X-API-Key: $KEY\" https://exo.example.org/api/v1/data/storage/stats",
		RunE: func(cmd *cobra.Command, args []string) error {
			k := auth.NewKey{Name: args[0], User: user}
			var err error
			if role != "" {
				if k.Role, err = auth.ParseRole(role); err != nil {
					return err
				}
			}
			if k.Scopes, err = auth.ParseScopes(scopes); err != nil {
				return err
			}
			if k.ExpiresAt, err = c.expiry(expires); err != nil {
				return err
			}
			return c.change(cmd.Context(), "key of "+user, func(ctx context.Context, a *Accounts) error {
				info, secret, err := a.Users.CreateKey(ctx, k)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(made{info, secret})
				}
				c.note("%s made key %s for %s, %s; keep it, it is not shown again:", c.mark(true), info.ID, info.User, info.Role)
				return c.printLine(secret)
			})
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "whose key it is")
	cmd.Flags().StringVar(&role, "role", "", "`role`: user, researcher or admin (default the user's)")
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "only this `scope`; may be given several times")
	cmd.Flags().StringVar(&expires, "expires", "", "`time` after which it ends: 90d, 12h, or a date 2027-01-31 (default never)")
	return cmd
}

// printLine writes one line of data.
func (c *command) printLine(text string) error {
	if _, err := fmt.Fprintln(c.term.Out, text); err != nil {
		return exo.E("cli.print", exo.Internal, nil, err)
	}
	return nil
}

// expiry reads 90d, 12h or a date.
func (c *command) expiry(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	const op, longest = "cli.expiry", 36500
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	if digits, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.Atoi(digits); err == nil && days > 0 && days <= longest {
			return c.program.Now().Add(time.Duration(days) * 24 * time.Hour), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return c.program.Now().Add(d), nil
	}
	return time.Time{}, exo.Errorf(op, exo.Invalid, nil, "%q is no time after which a key could end", clean(text)).Try("--expires 90d, 12h, or 2027-01-31")
}

func (c *command) keyList() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use: "list", Short: "List the API keys", Args: words(),
		Example: "  exoplanetai key list\n  exoplanetai key list --user anna --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.accounts(cmd.Context(), false, func(ctx context.Context, a *Accounts) error {
				list, err := a.Users.Keys(ctx, user)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"keys": list})
				}
				var rows [][]string
				for _, k := range list {
					rows = append(rows, []string{k.ID, k.User, string(k.Role), scopeList(k.Scopes), minute(k.ExpiresAt), minute(k.LastUsedAt), minute(k.RevokedAt), k.Name})
				}
				return c.table([]string{"ID", "USER", "ROLE", "SCOPES", "EXPIRES", "LAST USED", "REVOKED", "NAME"}, rows)
			})
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "only the keys of this user")
	return cmd
}

func scopeList(scopes []auth.Scope) string {
	if len(scopes) == 0 {
		return "all"
	}
	var b strings.Builder
	for i, s := range scopes {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(s))
	}
	return b.String()
}

func (c *command) keyRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "End an API key, everywhere within a minute", Args: words("the key's identifier"),
		Example: "  exoplanetai key revoke 3f9c2a1b",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.change(cmd.Context(), "key "+args[0], func(ctx context.Context, a *Accounts) error {
				if err := a.Users.RevokeKey(ctx, args[0]); err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"revoked": args[0]})
				}
				c.note("%s revoked %s", c.mark(true), clean(args[0]))
				return nil
			})
		},
	}
}

func (c *command) keyMaster() *cobra.Command {
	var o RotateOptions
	var lost bool
	cmd := &cobra.Command{
		Use: "rotate-master", Short: "Make a new master key and seal every secret again", Args: words(),
		Long: "Puts a new key in front of the master key file and seals every secret of the database with it, in one transaction.\n" +
			"The old keys stay in the file, for old backups of the database. A kill at any moment loses nothing: the file with both\n" +
			"keys is there first. Servers read the file again when they need it.\n" +
			"Where the keys come from MASTER_KEY, the new text is printed and nothing else is done: give it to all servers, then seal\n" +
			"with --seal-again. If the master key is lost for good, --lost makes a new key for the audit log, so that changes can be\n" +
			"recorded again; everybody signs in again, the seals of older events cannot be checked any more, and no data are lost.",
		Example: "  exoplanetai key rotate-master\n  exoplanetai key rotate-master --seal-again\n  exoplanetai key rotate-master --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if lost {
				return c.loseMaster(cmd.Context())
			}
			return c.change(cmd.Context(), "master key", func(ctx context.Context, a *Accounts) error {
				r, err := a.RotateMaster(ctx, o)
				if err != nil {
					return err
				}
				return c.printMaster(r)
			})
		},
	}
	cmd.Flags().BoolVar(&o.SealOnly, "seal-again", false, "make no key; seal every secret with the newest there is")
	cmd.Flags().BoolVar(&lost, "lost", false, "the master key is lost: make a new key for the audit log")
	cmd.MarkFlagsMutuallyExclusive("seal-again", "lost")
	return cmd
}

func (c *command) loseMaster(ctx context.Context) error {
	return c.accounts(ctx, true, func(ctx context.Context, a *Accounts) error {
		if err := a.LoseMaster(ctx); err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]any{"lost": true})
		}
		c.note("%s changes can be recorded again", c.mark(true))
		return nil
	})
}

func (c *command) printMaster(r MasterRotated) error {
	switch {
	case c.json:
		return c.printJSON(r)
	case r.Text != "":
		c.note("%s made the master key %s; give this as MASTER_KEY to all servers, then exoplanetai key rotate-master --seal-again:", c.mark(true), r.Key)
		return c.printLine(strings.TrimSpace(r.Text))
	}
	c.note("%s the newest master key is %s; %s sealed with it", c.mark(true), r.Key, count(r.Sealed, "secret", "secrets"))
	for _, lost := range r.Lost {
		c.note("  no key opens %s; it is made anew when it is needed", clean(lost))
	}
	if r.File != "" {
		c.note("  it is in %s; the old keys stay there", clean(r.File))
	}
	return nil
}

func (c *command) keySigning() *cobra.Command {
	var now bool
	cmd := &cobra.Command{
		Use: "rotate-signing", Short: "Make a new key for signing access tokens", Args: words(),
		Long: "Makes a new key that signs access tokens. Tokens that are out stay good until they expire; with --now they end within\n" +
			"a minute, which is what to do when a signing key may have been copied. Nobody has to sign in again for it.",
		Example: "  exoplanetai key rotate-signing\n  exoplanetai key rotate-signing --now",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.change(cmd.Context(), "signing key", func(ctx context.Context, a *Accounts) error {
				rotate := a.Users.RotateSigning
				if now {
					rotate = a.Users.ReplaceSigning
				}
				if err := rotate(ctx); err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"rotated": true, "old_tokens_end": now})
				}
				c.note("%s tokens are signed with a new key", c.mark(true))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&now, "now", false, "end the tokens that are out")
	return cmd
}

func (c *command) tokenCommand() *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use: "token NAME", Short: "Sign in and print an access token, for scripts", Args: words("the user's name"),
		Long: "Signs a user in and prints the access token; with --json the refresh token and the time it lasts, too.\n" +
			"The password is the first line of standard input, or asked for. For a program that runs for long, an API key\n" +
			"(exoplanetai key create) is better.",
		Example: "  TOKEN=$(exoplanetai token anna --password-stdin < password.txt)\n" +
			"  curl -H \"Authorization: Bearer $TOKEN\" http://localhost:8000/api/v1/data/storage/stats",
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := c.password(stdin, "Password of "+args[0])
			if err != nil {
				return err
			}
			return c.change(cmd.Context(), "user "+args[0], func(ctx context.Context, a *Accounts) error {
				t, err := a.Users.SignIn(ctx, args[0], password, "")
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(t)
				}
				return c.printLine(t.AccessToken)
			})
		},
	}
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

func (c *command) keySeal() *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use: "seal SETTING", Short: "Seal a secret of the settings with the master key", Args: words("the key of the setting"),
		Long: "Prints what to write in the configuration file, or in the environment, in place of the secret: then the file, its\n" +
			"copies and backups tell it nobody who has not got the master key. What older keys of the master key file sealed stays good.\n" +
			"Settings: nasa_api_key, esa_api_key, changes.webhook_secret, backup.access_key, backup.secret_key.",
		Example: "  exoplanetai key seal changes.webhook_secret\n  printf '%s\\n' \"$SECRET\" | exoplanetai key seal backup.secret_key --stdin",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := c.services()
			if err != nil {
				return err
			}
			text, err := s.Seal(cmd.Context(), c.common, args[0], func() (string, error) { return c.secret("secret", stdin, "--stdin", "Secret") })
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]any{"setting": args[0], "sealed": text})
			}
			return c.printLine(text)
		},
	}
	cmd.Flags().BoolVar(&stdin, "stdin", false, "read the secret from the first line of standard input")
	return cmd
}
