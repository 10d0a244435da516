package cli

import (
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/query"
)

// nextCommand is the command for the next page, of the same version.
func nextCommand(req query.Request, h query.Head) string {
	line := []string{"exoplanetai catalog query", string(req.Table)}
	for _, f := range req.Filters {
		line = append(line, quoted(f.Column+"="+f.Expr))
	}
	for _, flag := range [][2]string{{"--sort", req.Sort}, {"--columns", strings.Join(quotedNames(req.Columns), ",")}, {"--cone", req.Cone}} {
		if flag[1] != "" {
			line = append(line, flag[0]+" "+quoted(flag[1]))
		}
	}
	line = append(line, "--version "+h.Version.ID, "--limit "+strconv.Itoa(req.Limit), "--offset "+strconv.FormatInt(h.Offset+int64(req.Limit), 10))
	return strings.Join(line, " ")
}

func quotedNames(names []string) []string {
	list := slices.Clone(names)
	for i, n := range list {
		if strings.Contains(n, ",") {
			list[i] = `"` + n + `"`
		}
	}
	return list
}

// quoted is a word for a shell.
func quoted(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-.,=+:/", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(clean(s), "'", `'\''`) + "'"
}
