package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/verify"
	"exoplanetai/internal/version"
)

// demoVersions is the end of the demonstration: what was shown of versions,
// damage and repair.
type demoVersions struct {
	First    version.Summary      `json:"first"`    // before ExoFOP's table changed
	Second   version.Summary      `json:"second"`   // after it
	Diff     version.Diff         `json:"diff"`     // between the two
	Flipped  []exo.Path           `json:"flipped"`  // files in which one bit was turned over, on purpose
	Found    verify.Report        `json:"found"`    // what the check said of them
	Repaired verify.RepairReport  `json:"repaired"` // and where the right bytes came from
	After    verify.Report        `json:"after"`    // the check after that
	Checked  version.VerifyReport `json:"checked"`  // and of the second version
}

// demoCare is what the demonstration asks of the integrity of the data.
type demoCare interface {
	Check(ctx context.Context, o verify.CheckOptions, report func(done, total int64)) (verify.Report, error)
	Repair(ctx context.Context, o verify.RepairOptions, report func(done, total int64)) (verify.RepairReport, error)
}

// demoVersioned gives the state a name, lets ExoFOP change its table, and gives
// the new state a name, too. Then one bit of two files is turned over, found and
// repaired.
func (c *command) demoVersioned(ctx context.Context, d *Demo, res *demoResult) error {
	if d.Change == nil || d.Releases == nil {
		return nil
	}
	v := &demoVersions{}
	res.Versions = v
	var err error
	if v.First, err = demoVersion(ctx, d, "Everything, before ExoFOP's table changed"); err != nil {
		return err
	}
	if err := demoChange(ctx, d, res); err != nil {
		return err
	}
	if v.Second, err = demoVersion(ctx, d, "The TOI table has changed"); err != nil {
		return err
	}
	if v.Diff, err = d.Releases.Diff(ctx, v.First.Version, v.Second.Version, 20); err != nil {
		return err
	}
	if d.Care == nil || d.Flip == nil {
		return nil
	}
	return c.demoDamage(ctx, d, res, v)
}

// demoVersion makes a version under the next free name.
func demoVersion(ctx context.Context, d *Demo, description string) (version.Summary, error) {
	list, err := d.Releases.List(ctx)
	if err != nil {
		return version.Summary{}, err
	}
	name := ""
	for n := 0; ; n++ {
		name = fmt.Sprintf("v1.%d.0", n)
		if !slices.ContainsFunc(list, func(s version.Summary) bool { return string(s.Version) == name }) {
			break
		}
	}
	if _, err := d.Releases.Create(ctx, version.CreateOptions{Name: name, Description: description}); err != nil {
		return version.Summary{}, err
	}
	if list, err = d.Releases.List(ctx); err != nil {
		return version.Summary{}, err
	}
	for _, s := range list {
		if string(s.Version) == name {
			return s, nil
		}
	}
	return version.Summary{}, exo.Errorf("cli.demo", exo.Internal, nil, "version %s was made and is not listed", name)
}

// demoChange asks ExoFOP again, whose table has changed meanwhile.
func demoChange(ctx context.Context, d *Demo, res *demoResult) error {
	if err := d.Change(); err != nil {
		return err
	}
	if _, err := d.Ingest.Table(ctx, ingest.TableRequest{TableType: string(catalog.TOI), ForceRefresh: true}, nil); err != nil {
		return err
	}
	diff, err := d.History.Diff(ctx, history.DiffRequest{Table: catalog.TOI, Limit: -1})
	res.Diff = &diff
	return err
}

// demoDamage turns one bit over in a table and in a light curve, and has both
// found and repaired: the table from the version's copy, the light curve, whose
// bytes the version shares, from the archive.
func (c *command) demoDamage(ctx context.Context, d *Demo, res *demoResult, v *demoVersions) error {
	for _, t := range res.Tables {
		if t.TableType == catalog.KOI {
			v.Flipped = append(v.Flipped, t.RawPath)
		}
	}
	for _, l := range res.LightCurves {
		if len(l.Files) > 0 {
			v.Flipped = append(v.Flipped, l.Files[0].Path)
			break
		}
	}
	for _, p := range v.Flipped {
		if err := d.Flip(p); err != nil {
			return err
		}
	}
	bar := c.start("damage")
	defer bar.stop()
	var err error
	if v.Found, err = d.Care.Check(ctx, verify.CheckOptions{}, bar.plain("bytes")); err != nil {
		return err
	}
	if v.Repaired, err = d.Care.Repair(ctx, verify.RepairOptions{}, nil); err != nil {
		return err
	}
	if v.After, err = d.Care.Check(ctx, verify.CheckOptions{}, bar.plain("bytes")); err != nil {
		return err
	}
	if v.Checked, err = d.Releases.Verify(ctx, v.Second.Version, version.VerifyOptions{}, nil); err != nil {
		return err
	}
	if !v.After.OK || !v.Checked.OK || v.Repaired.Failed > 0 {
		return exo.Errorf("cli.demo", exo.Corrupt, nil, "what was damaged in %s on purpose could not all be repaired", d.Folder).
			Try("remove the folder and run the demo again")
	}
	return nil
}

// printDemoVersions shows two versions, what changed between them, and two bits.
func (c *command) printDemoVersions(v *demoVersions, out func(string, ...any)) error {
	if v == nil {
		return nil
	}
	out("\nNamed, so that it can be had back and cited")
	var rows [][]string
	for _, s := range []version.Summary{v.First, v.Second} {
		rows = append(rows, []string{string(s.Version), strconv.Itoa(s.FileCount), strconv.FormatInt(s.TotalSizeBytes, 10),
			strconv.Itoa(s.Links.Hard), strconv.Itoa(s.Links.Reflink + s.Links.Copy), parentName(s.ParentVersion), s.Description})
	}
	if err := c.table([]string{"VERSION", ">FILES", ">BYTES", ">LINKED", ">COPIED", "PARENT", "WHAT"}, rows); err != nil {
		return err
	}
	out("%s %s %s: %d files added, %d removed, %d changed", v.Diff.From, c.arrow(), v.Diff.To, len(v.Diff.Files.Added), len(v.Diff.Files.Removed), len(v.Diff.Files.Changed))
	for _, t := range v.Diff.Tables {
		out("  %s: +%d rows added, -%d removed, ~%d changed", t.Table, t.Added, t.Removed, t.Changed)
	}
	if len(v.Flipped) == 0 {
		return nil
	}
	out("\nOne bit turned over in each of %d files, on purpose, as a failing disk does; found and repaired", len(v.Flipped))
	rows = nil
	for _, r := range v.Repaired.Files {
		rows = append(rows, []string{r.Path, r.Outcome, r.Source})
	}
	if err := c.table([]string{"FILE", "OUTCOME", "RIGHT BYTES FROM"}, rows); err != nil {
		return err
	}
	out("%s found by reading every byte; after the repair all is as it was recorded, the versions, too %s",
		count(len(v.Found.Damaged), "damage", "damages"), c.mark(v.After.OK && v.Checked.OK))
	return nil
}
