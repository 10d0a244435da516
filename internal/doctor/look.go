package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// Limits of what is well.
const (
	nearlyFull = 90 // percent of the disk
	full       = 97
	soon       = 30 * 24 * time.Hour // a disk that is full by then is worth a word
	slack      = 5 * time.Minute     // between two clocks that are both right
	drillAge   = 14 * 24 * time.Hour
	maxPaths   = 100 // of one finding
)

// opening tells why the store cannot be opened.
func (d *Doctor) opening(context.Context) ([]Finding, error) {
	err := d.o.Opened
	if err == nil {
		return nil, nil
	}
	f := Finding{Code: "store-closed", Severity: Error, What: exo.MessageOf(err), Why: "nothing can be read or stored until it opens", Fix: exo.HintOf(err)}
	switch kind := exo.KindOf(err); {
	case errors.Is(err, exo.Corrupt) || strings.Contains(f.Fix, "storage reindex"):
		f.Code, f.Fix, f.remedy = "index-damaged", "exoplanetai storage reindex", remakeIndex
		f.Why = "the index only says where things are: it is made anew from the files, which are not touched"
	case fsys.Misplaced(err):
		f = misplaced(err)
	case kind == exo.Conflict:
		f.Code, f.Why = "store-busy", "one program writes at a time, or a newer one made the folder"
	case kind == exo.NotFound:
		f.Code, f.Severity, f.Why = "no-data", Note, "there is nothing to look at yet"
	}
	return []Finding{f}, nil
}

// space looks at the disk and at how fast it fills.
func (d *Doctor) space(ctx context.Context) ([]Finding, error) {
	if d.o.Disk == nil {
		return nil, nil
	}
	total, free, err := d.o.Disk.Usage()
	if err != nil || total <= 0 {
		return nil, err
	}
	var found []Finding
	switch used := 100 * float64(total-free) / float64(total); {
	case used >= full:
		found = append(found, Finding{Code: "disk-full", Severity: Error, What: fmt.Sprintf("the disk is %.1f %% full: %s free", used, size(free)),
			Why: "ingests, versions and backups on it will be refused; reading goes on", Fix: "exoplanetai storage cleanup", remedy: clearCache})
	case used >= nearlyFull:
		found = append(found, Finding{Code: "disk-nearly-full", Severity: Warning, What: fmt.Sprintf("the disk is %.1f %% full: %s free", used, size(free)),
			Why: "when it is full, writing is refused until there is space again", Fix: "exoplanetai storage cleanup", remedy: clearCache})
	}
	if d.o.Store == nil {
		return found, nil
	}
	st, err := d.o.Store.Stats(ctx)
	if err != nil {
		return append(found, unreadable(err)), nil
	}
	if at := st.Growth.FullAt; at != nil && at.Sub(d.o.Clock()) < soon {
		found = append(found, Finding{Code: "disk-full-soon", Severity: Warning,
			What: fmt.Sprintf("at %s a day the disk is full on %s", size(st.Growth.BytesPerDay), at.UTC().Format(time.DateOnly)),
			Why:  "then writing is refused until there is space again", Fix: "make the disk larger, or move the data folder and set data_path"})
	}
	return found, nil
}

// misplaced is a file in place of a folder, or the other way round.
func misplaced(err error) Finding {
	return Finding{Code: "misplaced", Severity: Error, What: exo.MessageOf(err), Why: "what stands there is not from this program, which leaves it alone", Fix: exo.HintOf(err)}
}

// unreadable is an answer that the index did not give.
func unreadable(err error) Finding {
	if fsys.Misplaced(err) {
		return misplaced(err)
	}
	return Finding{Code: "index-damaged", Severity: Error, What: exo.MessageOf(err), Why: "what the index holds is made anew from the files, which are not touched",
		Fix: "exoplanetai storage reindex", remedy: remakeIndex}
}

// about says of each class of damage what it means and what heals it.
var about = map[store.Class]struct {
	severity  Severity
	what, why string
	fix       string
	remedy    remedy
}{
	store.Missing:       {Error, "gone", "what was acknowledged is not there; a copy with the recorded digest brings it back", "exoplanetai storage repair", repairFiles},
	store.Damaged:       {Error, "not what was stored", "a read refuses it; a copy with the recorded digest brings it back", "exoplanetai storage repair", repairFiles},
	store.Extra:         {Warning, "not from this program", "nobody knows what it is: it is in no index, no version and no backup", "move it out of the data folder; if it belongs there, ingest it", ""},
	store.Mode:          {Warning, "writable, or otherwise open", "an accident could change it; the digest would tell, too late", "exoplanetai doctor --fix", mendRecords},
	store.ChecksumFile:  {Warning, "not listed right for sha256sum", "sha256sum -c would not check all that is held", "exoplanetai doctor --fix", mendRecords},
	store.MetadataFile:  {Warning, "without a right record of where it comes from", "its origin could be lost with the index", "exoplanetai doctor --fix", mendRecords},
	store.IndexDatabase: {Error, "not as the index says", "the index is made anew from the files, which are not touched", "exoplanetai storage reindex", remakeIndex},
}

// damage runs a quick check and gathers its findings by class.
func (d *Doctor) damage(ctx context.Context) ([]Finding, error) {
	if d.o.Store == nil {
		return nil, nil
	}
	r, err := d.o.Store.Verify(ctx, store.VerifyOptions{Quick: true}, d.o.Progress)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return []Finding{unreadable(err)}, nil
	}
	classes := map[store.Class][]string{}
	for _, x := range r.Damaged {
		classes[x.Class] = append(classes[x.Class], x.Path)
	}
	var found []Finding
	for _, class := range []store.Class{store.IndexDatabase, store.Missing, store.Damaged, store.MetadataFile, store.ChecksumFile, store.Mode, store.Extra} {
		paths := classes[class]
		delete(classes, class)
		if len(paths) == 0 {
			continue
		}
		a := about[class]
		found = append(found, Finding{Code: "damage-" + string(class), Severity: a.severity, What: many(paths) + ": " + a.what, Why: a.why, Fix: a.fix,
			remedy: a.remedy, Paths: first(paths)})
	}
	for class, paths := range classes { // of a class made later than this table
		found = append(found, Finding{Code: "damage-" + string(class), Severity: Error, What: many(paths) + ": " + string(class),
			Why: "the check found it", Fix: "exoplanetai storage repair", remedy: repairFiles, Paths: first(paths)})
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return rank(a.Severity) - rank(b.Severity) })
	return found, nil
}

// proofs tells how long ago bytes were read back.
func (d *Doctor) proofs(ctx context.Context) ([]Finding, error) {
	if d.o.Store == nil {
		return nil, nil
	}
	st, err := d.o.Store.Stats(ctx)
	if err != nil || st.Total.Files == 0 {
		return nil, nil // space has told it
	}
	if st.Integrity.Coverage > 0.999 {
		return nil, nil
	}
	f := Finding{Code: "unproved", Severity: Warning, What: fmt.Sprintf("%.0f %% of the stored bytes were read back in the last 30 days", 100*st.Integrity.Coverage),
		Why: "damage is found only where bytes are read", Fix: "exoplanetai storage verify"}
	if st.Integrity.LastFullAt == nil {
		f.Severity, f.Why = Note, "no full check has run yet: damage is found only where bytes are read"
	}
	return []Finding{f}, nil
}

// clock compares the clock with the newest file.
func (d *Doctor) clock(ctx context.Context) ([]Finding, error) {
	if d.o.Store == nil {
		return nil, nil
	}
	m, err := d.o.Store.Newest(ctx, store.Filter{})
	if err != nil { // no file, or what space has told
		return nil, nil
	}
	now := d.o.Clock()
	if !m.RetrievedAt.After(now.Add(slack)) {
		return nil, nil
	}
	return []Finding{{Code: "clock", Severity: Warning, Paths: []string{string(m.Path)},
		What: fmt.Sprintf("the newest file was stored at %s, and the clock says %s", m.RetrievedAt.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)),
		Why:  "ages and names come from the clock: with a wrong one, old data look fresh", Fix: "set the clock of the machine"}}, nil
}

// leftovers looks for what an ended program left, and for kept databases.
func (d *Doctor) leftovers(context.Context) ([]Finding, error) {
	if d.o.Disk == nil {
		return nil, nil
	}
	var found []Finding
	staged, err := d.staged(".staging")
	if err != nil {
		return nil, err
	}
	building, err := d.named("versions", func(name string) bool { return strings.HasPrefix(name, ".new-") })
	if err != nil {
		return nil, err
	}
	staged = append(staged, building...)
	aside, err := d.named("metadata", func(name string) bool {
		return strings.Contains(name, ".db.damaged-") && !strings.HasSuffix(name, "-wal") && !strings.HasSuffix(name, "-shm")
	})
	if err != nil {
		return nil, err
	}
	if len(staged) > 0 {
		found = append(found, Finding{Code: "unfinished", Severity: Note, What: many(staged) + ": of work that runs, or was cut short", Paths: first(staged),
			Why: "the next program that writes finishes or undoes it", Fix: "exoplanetai doctor --fix", remedy: openToWrite})
	}
	if len(aside) > 0 {
		found = append(found, Finding{Code: "kept-index", Severity: Note, What: many(aside) + ": a damaged index, kept when a new one was made", Paths: first(aside),
			Why: "it only takes space", Fix: "remove it when nothing in it is wanted"})
	}
	return found, nil
}

// staged lists what is in the store's staging folder, whose own folders, locks and
// notes stay.
func (d *Doctor) staged(dir string) (list []string, err error) {
	names, err := d.named(dir, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".lock") || name == ".staging/database" {
			continue
		}
		below, err := d.staged(name)
		switch {
		case errors.Is(err, exo.Conflict): // no folder: a file
			list = append(list, name)
		case err != nil:
			return nil, err
		}
		list = append(list, below...)
	}
	return list, nil
}

// named lists the entries of a folder whose name is wanted; none where there is
// no such folder.
func (d *Doctor) named(dir string, want func(name string) bool) (list []string, err error) {
	entries, err := d.o.Disk.ReadDir(dir)
	if err != nil {
		if errors.Is(err, exo.NotFound) {
			return nil, nil
		}
		return nil, err
	}
	for _, e := range entries {
		if want(e.Name()) {
			list = append(list, dir+"/"+e.Name())
		}
	}
	return list, nil
}

// versions tells whether anything is held twice.
func (d *Doctor) versions(ctx context.Context) ([]Finding, error) {
	if d.o.Versions == nil {
		return nil, nil
	}
	c, err := d.o.Versions(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		if exo.KindOf(err) == exo.Conflict { // what is not ours is not mended
			return []Finding{{Code: "record-foreign", Severity: Error, What: exo.MessageOf(err),
				Why: "no version can be made or deleted; those that are there can be listed and restored", Fix: exo.HintOf(err)}}, nil
		}
		return []Finding{{Code: "versions-damaged", Severity: Error, What: exo.MessageOf(err), Why: "versions cannot be listed, compared or restored",
			Fix: "exoplanetai doctor --fix", remedy: rebuildVersions}}, nil
	}
	if c.Count == 0 && d.o.Store != nil {
		return []Finding{{Code: "no-version", Severity: Note, What: "no version exists", Why: "a version is what can be cited, compared and had back",
			Fix: "exoplanetai version create NAME"}}, nil
	}
	return nil, nil
}

// backups tells whether the data would survive the loss of the disk.
func (d *Doctor) backups(ctx context.Context) ([]Finding, error) {
	if d.o.NoBackup {
		return []Finding{{Code: "no-backup", Severity: Warning, What: "no backup is set up", Why: "what is lost here and is gone from the archives is gone for good",
			Fix: "set backup.repository to a folder on another disk or a bucket, and backup.password_file"}}, nil
	}
	if d.o.Backup == nil {
		return nil, nil
	}
	b, err := d.o.Backup(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return []Finding{{Code: "backup-unreachable", Severity: Warning, What: exo.MessageOf(err), Why: "backups can be neither taken nor read", Fix: exo.HintOf(err)}}, nil
	}
	now := d.o.Clock()
	var found []Finding
	switch {
	case b.Newest == nil:
		found = append(found, Finding{Code: "never-backed-up", Severity: Warning, What: "nothing was ever backed up", Why: "a backup is set up, and holds nothing",
			Fix: "exoplanetai backup create"})
	case now.Sub(*b.Newest) > d.o.BackupAge:
		found = append(found, Finding{Code: "backup-old", Severity: Warning, What: "the newest backup is of " + b.Newest.UTC().Format(time.RFC3339),
			Why: "what came after it is held once", Fix: "exoplanetai backup create"})
	}
	switch {
	case b.DrillFailed:
		found = append(found, Finding{Code: "drill-failed", Severity: Error, What: "the last restore drill did not bring everything back", Why: "the backup may not be one",
			Fix: "exoplanetai backup verify"})
	case b.Newest != nil && (b.LastDrill == nil || now.Sub(*b.LastDrill) > drillAge):
		found = append(found, Finding{Code: "no-drill", Severity: Note, What: "no restore was tried in the last two weeks", Why: "a backup is known to be one when it was restored",
			Fix: "exoplanetai backup drill"})
	}
	return found, nil
}

func many(paths []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	return fmt.Sprintf("%d files, %s the first", len(paths), paths[0])
}

func first(paths []string) []string { return paths[:min(len(paths), maxPaths)] }

// size prints bytes for people.
func size(n int64) string {
	v, unit := float64(n), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, next
	}
	return fmt.Sprintf("%.3g %s", v, unit)
}
