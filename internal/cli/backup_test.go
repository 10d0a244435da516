package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
)

// saving is a program with backups that remember what was asked of them.
type saving struct {
	*fake
	damaged []backup.Damage
	asked   []string
	alone   bool // there is no data tree
	kept    bool // the last outcome was to be kept
}

func (s *saving) Backups(_ context.Context, _ cli.Common, keep bool) (*cli.Backups, error) {
	s.kept = keep
	return &cli.Backups{Backup: keeper{s}, Alone: s.alone, Close: func() error { return nil }}, nil
}

func (s *saving) Write(ctx context.Context, c cli.Common, rebuild bool) (*cli.Writer, error) {
	w, err := s.fake.Write(ctx, c, rebuild)
	w.Backup = keeper{s}
	return w, err
}

type keeper struct{ s *saving }

func (k keeper) note(report func(done, total int64), format string, args ...any) error {
	if report != nil {
		report(1, 2)
	}
	k.s.asked = append(k.s.asked, fmt.Sprintf(format, args...))
	return k.s.err
}

func (k keeper) Create(_ context.Context, o backup.CreateOptions, report func(done, total int64)) (backup.Result, error) {
	r := backup.Result{Snapshot: "0a1b", Files: 2, Bytes: 2000, ReadBytes: 1000, UploadedBytes: 500, Expired: []string{"0000"}, DryRun: o.DryRun, SameDisk: o.Force}
	if o.Force {
		r.Warnings = []string{"beside the data\x1b[2J"}
	}
	return r, k.note(report, "create %+v", o)
}

func (k keeper) List(context.Context) ([]backup.Snapshot, error) {
	return []backup.Snapshot{{ID: "0a1b", CreatedAt: aDay, Files: 2, Bytes: 2000, SameDisk: true}, {ID: "0a1a", CreatedAt: aDay, Files: 1, Bytes: 10, VerifiedAt: &aDay}}, k.note(nil, "list")
}

func (k keeper) Verify(_ context.Context, o backup.VerifyOptions, report func(done, total int64)) (backup.VerifyReport, error) {
	return backup.VerifyReport{Snapshot: "0a1b", Files: 2, Bytes: 2000, Compared: 1, OK: len(k.s.damaged) == 0, Damaged: k.s.damaged}, k.note(report, "verify %+v", o)
}

func (k keeper) Restore(_ context.Context, o backup.RestoreOptions, report func(done, total int64)) (backup.RestoreReport, error) {
	return backup.RestoreReport{Snapshot: "0a1b", To: o.To, Files: 2, Bytes: 2000, Compared: 1, DryRun: o.DryRun}, k.note(report, "restore %+v", o)
}

func (k keeper) Drill(_ context.Context, o backup.DrillOptions, report func(done, total int64)) (backup.DrillReport, error) {
	return backup.DrillReport{Snapshot: "0a1b", Files: 2, Bytes: 2000, Compared: 1, OK: len(k.s.damaged) == 0, Damaged: k.s.damaged}, k.note(report, "drill %+v", o)
}

// line runs a command line.
func (s *saving) line(words ...string) (out, errs string, status int) {
	if s.fake == nil {
		s.fake = &fake{}
	}
	var o, e bytes.Buffer
	status = cli.Run(context.Background(), s, cli.Terminal{In: strings.NewReader(""), Out: &o, Err: &e}, words)
	return o.String(), e.String(), status
}

func TestCommandsOfBackups(t *testing.T) {
	here, err := filepath.Abs("again")
	if err != nil {
		t.Fatal(err)
	}
	const made = "SNAPSHOT\tFILES\tBYTES\n0a1b\t2\t2000\n"
	for line, c := range map[string]struct{ out, asked, says string }{
		"backup create":           {made, "create {Force:false DryRun:false}", "backed up 2 files"},
		"backup create --force":   {made, "create {Force:true DryRun:false}", "beside the data?[2J"},
		"backup create --dry-run": {"", "create {Force:false DryRun:true}", "would back up 2 files"},
		"backup list": {"SNAPSHOT\tCREATED\tFILES\tBYTES\tVERIFIED\tPLACE\n0a1b\t2026-01-02T12:00:00Z\t2\t2000\tnever\tbeside the data\n" +
			"0a1a\t2026-01-02T12:00:00Z\t1\t10\t2026-01-02T12:00:00Z\telsewhere\n", "list", ""},
		"backup verify":                  {"", "verify {Snapshot:}", "2 files"},
		"backup verify 0a":               {"", "verify {Snapshot:0a}", "1 compared with their digest"},
		"backup drill 0a":                {"", "drill {Snapshot:0a}", "came back"},
		"backup restore --to /srv/again": {"", "restore {Snapshot: To:/srv/again Folder: Paths:[] DryRun:false}", "restored 2 files"},
		"backup restore 0a --to again --path raw --path x --dry-run": {"", "restore {Snapshot:0a To:" + here + " Folder: Paths:[raw x] DryRun:true}", "would restore 2 files"},
	} {
		s := &saving{}
		out, errs, status := s.line(strings.Fields(line)...)
		if status != 0 || out != c.out || !slices.Equal(s.asked, []string{c.asked}) || !strings.Contains(errs, c.says) || strings.Contains(out+errs, "\x1b") {
			t.Errorf("%s: exit %d, asked %q\ngot  %q\nwant %q\n%s", line, status, s.asked, out, c.out, errs)
		}
		if out, _, status = s.line(append(strings.Fields(line), "--json")...); status != 0 || !json.Valid([]byte(out)) {
			t.Errorf("%s --json: exit %d %q", line, status, out)
		}
		if out, _, status = s.line(append(strings.Fields(line)[:2], "--help")...); status != 0 || strings.Count(out, "  exoplanetai backup ") < 3 || strings.Contains(out, "--password") {
			t.Errorf("%s has fewer than three examples, or takes a password that every user of the machine can see: %s", line, out)
		}
	}
}

func TestAForcedBackupIsMarkedInJSON(t *testing.T) {
	for line, want := range map[string]string{"backup create --force": `"same_disk": true`, "backup create": `"same_disk": false`, "backup list": `"same_disk": true`} {
		if out, errs, status := (&saving{}).line(append(strings.Fields(line), "--json")...); status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d %s %s", line, status, out, errs)
		}
	}
}

func TestWrongCommandsOfBackupsAskNothing(t *testing.T) {
	for _, line := range []string{
		"backup restore", "backup restore 0a", "backup restore --to=", "backup restore 0a 0b --to x", "backup verify 0a 0b", "backup drill 0a 0b",
		"backup create 0a", "backup list 0a", "backup creat", "backup create --password secret", "backup restore --to x --force",
	} {
		s := &saving{}
		if _, errs, status := s.line(strings.Fields(line)...); status != 2 || len(s.asked) != 0 || errs == "" {
			t.Errorf("%s: exit %d, asked %q %s", line, status, s.asked, errs)
		}
	}
}

func TestADamagedBackupIsAnError(t *testing.T) {
	for _, line := range []string{"verify", "drill"} {
		s := &saving{damaged: []backup.Damage{{Path: "raw/nasa/koi\x1b.csv", Class: "corrupt", What: "not the recorded one"}}}
		out, errs, status := s.line("backup", line)
		if status != 4 || out != "PATH\tCLASS\tWHAT\nraw/nasa/koi?.csv\tcorrupt\tnot the recorded one\n" || !strings.Contains(errs, "exoplanetai backup create") {
			t.Errorf("%s: exit %d %q %s", line, status, out, errs)
		}
		if out, _, status := s.line("backup", line, "--json"); status != 4 || !json.Valid([]byte(out)) || !strings.Contains(out, `"ok": false`) {
			t.Errorf("%s --json: exit %d %s", line, status, out)
		}
	}
}

func TestErrorsOfBackupsHaveTheirStatus(t *testing.T) {
	for _, c := range []struct {
		kind   exo.Kind
		status int
	}{{exo.Conflict, 1}, {exo.NotFound, 3}, {exo.Corrupt, 4}, {exo.Full, 1}, {exo.Denied, 1}} {
		for _, line := range []string{"backup create", "backup list", "backup verify", "backup drill", "backup restore --to /srv/x"} {
			s := &saving{fake: &fake{err: exo.Errorf("x", c.kind, nil, "it went wrong").Try("do otherwise")}}
			out, errs, status := s.line(strings.Fields(line)...)
			if status != c.status || out != "" || !strings.Contains(errs, "it went wrong") || !strings.Contains(errs, "do otherwise") {
				t.Errorf("%s, %s: exit %d, want %d %q %s", line, c.kind, status, c.status, out, errs)
			}
		}
	}
}

func TestWithoutADataFolderAnOutcomeIsNotKept(t *testing.T) {
	for line, keeps := range map[string]bool{"verify": true, "drill": true, "list": false, "restore --to /srv/again": false} {
		s := &saving{alone: true}
		_, errs, status := s.line(append([]string{"backup"}, strings.Fields(line)...)...)
		if status != 0 || s.kept != keeps || strings.Contains(errs, "no data folder that could keep the outcome") != keeps {
			t.Errorf("%s: exit %d, kept %v: %s", line, status, s.kept, errs)
		}
	}
}
