package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/verify"
)

// integrity finds the damage that the fake has, and mends half of it.
type integrity struct{ f *fake }

func (i integrity) damages() []verify.Damage {
	list := []verify.Damage{}
	for _, d := range i.f.damaged {
		list = append(list, verify.Damage{Path: d.Path, Class: d.Class, Detail: d.Detail, Versions: []exo.VersionName{"v1.2.0"}, Repair: d.Repair})
	}
	return list
}

func (i integrity) Check(_ context.Context, o verify.CheckOptions, _ func(done, total int64)) (verify.Report, error) {
	i.f.calls = append(i.f.calls, o)
	return verify.Report{Depth: "full", Files: 2, Bytes: 10, Versions: 1, OK: len(i.f.damaged) == 0, Damaged: i.damages()}, i.f.err
}

func (i integrity) Sweep(_ context.Context, o store.SweepOptions, _ func(done, total int64)) (verify.SweepReport, error) {
	i.f.calls = append(i.f.calls, o)
	return verify.SweepReport{SweepReport: store.SweepReport{Files: 1, Bytes: 5, Coverage: 0.5}, Damaged: i.damages()}, i.f.err
}

func (i integrity) Repair(_ context.Context, o verify.RepairOptions, _ func(done, total int64)) (verify.RepairReport, error) {
	i.f.calls = append(i.f.calls, fmt.Sprint(o.Paths, o.DryRun))
	r := verify.RepairReport{DryRun: o.DryRun, OK: len(i.f.damaged) == 0, Failed: len(i.f.damaged), Repaired: 1, Bytes: 5,
		Files: []verify.Repair{{Path: "raw/nasa/a.csv", Outcome: verify.Repaired, Source: "version v1.2.0", Detail: "the recorded bytes are back"}}}
	for _, d := range i.f.damaged {
		r.Files = append(r.Files, verify.Repair{Path: d.Path, Outcome: verify.Failed, Detail: "no source has the recorded bytes", Hint: "give a backup",
			Tried: []verify.Attempt{{Source: "versions", Result: "none has it\x1b[2J"}}})
	}
	return r, i.f.err
}

func TestARepairAsksAndThenTellsWhatCame(t *testing.T) {
	f := &fake{}
	if _, errs, status := run(f, "storage", "repair", "raw/nasa/a.csv"); status == 0 || len(f.calls) != 1 || f.calls[0] != "[raw/nasa/a.csv] true" {
		t.Errorf("nobody said yes: exit %d, %v, %s", status, f.calls, errs)
	}
	f = &fake{}
	var out, errs bytes.Buffer
	if status := cli.Run(t.Context(), f, cli.Terminal{In: strings.NewReader("yes\n"), Out: &out, Err: &errs}, []string{"storage", "repair", "raw/nasa/a.csv"}); status != 0 || len(f.calls) != 2 || f.calls[1] != "[raw/nasa/a.csv] false" {
		t.Errorf("exit %d, %v, %s", status, f.calls, &errs)
	}
	if want := "PATH\tOUTCOME\tSOURCE\tDETAIL\nraw/nasa/a.csv\trepaired\tversion v1.2.0\tthe recorded bytes are back\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
	f = &fake{damaged: []store.Damage{{Path: "raw/nasa/koi.csv", Class: store.Damaged}}}
	text, told, status := run(f, "storage", "repair", "--yes")
	if status != 4 || !strings.Contains(text, "raw/nasa/koi.csv\tfailed\t\tno source has the recorded bytes; versions: none has it?[2J; give a backup\n") || !strings.Contains(told, "1 file could not be mended") {
		t.Errorf("exit %d %q %s", status, text, told)
	}
	text, _, status = run(&fake{}, "storage", "repair", "--dry-run", "--json")
	var doc struct {
		DryRun bool `json:"dry_run"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || status != 0 || !doc.DryRun {
		t.Errorf("exit %d %s %v", status, text, err)
	}
	if _, _, status := run(&fake{}, "storage", "repair", "../outside", "--yes"); status != 2 {
		t.Errorf("a path outside: exit %d", status)
	}
}

func TestASweepPassesItsLimitsOn(t *testing.T) {
	f := &fake{}
	_, errs, status := run(f, "storage", "sweep", "--max-mb", "3", "--max-files", "7", "--for", "10m")
	if status != 0 || len(f.calls) != 1 || f.calls[0] != (store.SweepOptions{MaxBytes: 3 << 20, MaxFiles: 7, For: 600_000_000_000}) || !strings.Contains(errs, "50 %") {
		t.Errorf("exit %d %v %s", status, f.calls, errs)
	}
	f = &fake{damaged: []store.Damage{{Path: "raw/nasa/koi.csv", Class: store.Damaged}}}
	if out, _, status := run(f, "storage", "sweep"); status != 4 || !strings.Contains(out, "raw/nasa/koi.csv") {
		t.Errorf("exit %d %s", status, out)
	}
	if _, _, status := run(&fake{}, "storage", "sweep", "--max-mb", "-1"); status != 2 {
		t.Errorf("a negative limit: exit %d", status)
	}
}
