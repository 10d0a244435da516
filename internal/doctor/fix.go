package doctor

import (
	"context"
	"fmt"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// The acts of Fix.
const (
	openToWrite     remedy = "finish or undo what was cut short" // done by opening the store to write
	remakeIndex     remedy = "make the index anew from the files"
	mendRecords     remedy = "mend records, permissions and checksum lines"
	repairFiles     remedy = "bring damaged and missing files back"
	rebuildVersions remedy = "make the record of the versions again"
	clearCache      remedy = "clear the cache"
)

// Act is what Fix did.
type Act struct {
	What  string   `json:"what"`
	Codes []string `json:"codes"` // of the findings that asked for it
	Done  string   `json:"done"`  // in words; empty: it failed
	Left  []string `json:"left,omitempty"`
	Error string   `json:"error,omitempty"`
}

// Report is the answer of Fix.
type Report struct {
	Found []Finding `json:"found"` // before
	Acts  []Act     `json:"acts"`
	Left  []Finding `json:"left"` // after
	// Reopen tells that the index of a store that could not be opened was made
	// anew: open it again and look once more. Left is what was known before.
	Reopen bool `json:"-"`
}

// Fix examines, puts right what is safe to put right, and examines again. An
// act that fails is told in the report and does not keep the others from being
// done.
func (d *Doctor) Fix(ctx context.Context) (Report, error) {
	r := Report{Acts: []Act{}, Left: []Finding{}}
	var err error
	if r.Found, err = d.Examine(ctx); err != nil {
		return r, err
	}
	for _, what := range []remedy{openToWrite, remakeIndex, rebuildVersions, repairFiles, mendRecords, clearCache} {
		a := Act{What: string(what)}
		var asked []Finding
		for _, f := range r.Found {
			if f.remedy == what && f.Fixable {
				a.Codes = append(a.Codes, f.Code)
				asked = append(asked, f)
			}
		}
		if len(asked) == 0 {
			continue
		}
		if err := d.act(ctx, what, &a); err != nil {
			if ctx.Err() != nil {
				return r, err
			}
			d.o.Log.Error("a remedy failed", "remedy", string(what), "error", err)
			a.Error = exo.MessageOf(err)
		}
		r.Acts = append(r.Acts, a)
		if what == remakeIndex && d.o.Store == nil && a.Error == "" {
			r.Reopen, r.Left = true, r.Found
			return r, nil
		}
	}
	r.Left, err = d.Examine(ctx)
	return r, err
}

// can tells whether an act can be done here.
func (d *Doctor) can(what remedy) bool {
	switch what {
	case openToWrite:
		return d.o.Store != nil && d.o.Mender != nil
	case remakeIndex:
		return d.o.Reindex != nil
	case mendRecords:
		return d.o.Mender != nil && d.o.Store != nil
	case repairFiles:
		return d.o.Repair != nil
	case rebuildVersions:
		return d.o.Rebuild != nil
	case clearCache:
		return d.o.Cleanup != nil
	}
	return false
}

func (d *Doctor) act(ctx context.Context, what remedy, a *Act) error {
	switch what {
	case openToWrite:
		a.Done = "the folder was opened to write, which does it"
		return nil
	case remakeIndex:
		return told(ctx, a, "file", d.o.Reindex)
	case rebuildVersions:
		return told(ctx, a, "version", d.o.Rebuild)
	case repairFiles:
		return d.repair(ctx, a)
	case mendRecords:
		return d.mend(ctx, a)
	default:
		files, bytes, err := d.o.Cleanup(ctx)
		if err == nil {
			a.Done = fmt.Sprintf("%s removed, %s", plural(int(files), "file"), size(bytes))
		}
		return err
	}
}

// told runs an act and keeps what it says.
func told(ctx context.Context, a *Act, noun string, do func(context.Context) (Outcome, error)) error {
	out, err := do(ctx)
	if err != nil {
		return err
	}
	a.Done, a.Left = plural(out.Done, noun)+" done", out.Left
	return nil
}

// listed runs the quick check again, after what was done before, and returns
// the paths of some classes; nothing here trusts an earlier look, or its limit.
func (d *Doctor) listed(ctx context.Context, classes ...store.Class) (paths []string, err error) {
	r, err := d.o.Store.Verify(ctx, store.VerifyOptions{Quick: true}, nil)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, x := range r.Damaged {
		for _, c := range classes {
			if x.Class == c && !seen[x.Path] {
				seen[x.Path] = true
				paths = append(paths, x.Path)
			}
		}
	}
	return paths, nil
}

func (d *Doctor) repair(ctx context.Context, a *Act) error {
	paths, err := d.listed(ctx, store.Missing, store.Damaged)
	if err != nil {
		return err
	}
	return told(ctx, a, "file", func(ctx context.Context) (Outcome, error) { return d.o.Repair(ctx, paths) })
}

// subject is the stored file that a path is of: its record's path leads to it.
func subject(name string) exo.Path {
	for _, root := range []string{"raw/", "lightcurves/", "processed/", "metadata/validation/"} {
		if inner, ok := strings.CutPrefix(name, "metadata/"+root); ok && strings.HasSuffix(inner, ".json") {
			return exo.Path(root + strings.TrimSuffix(inner, ".json"))
		}
	}
	return exo.Path(name)
}

// mend mends file by file. What is about a checksum file as a whole is made
// right by a reindex.
func (d *Doctor) mend(ctx context.Context, a *Act) error {
	paths, err := d.listed(ctx, store.Mode, store.MetadataFile, store.ChecksumFile)
	if err != nil {
		return err
	}
	done, lines := 0, false
	for _, name := range paths {
		if strings.HasPrefix(name, "checksums/") {
			lines = true
			continue
		}
		switch mended, err := d.o.Mender.Mend(ctx, subject(name)); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			a.Left = append(a.Left, name+": "+exo.MessageOf(err))
		case mended:
			done++
		}
	}
	a.Done = plural(done, "file") + " mended"
	if !lines || d.o.Reindex == nil {
		return nil
	}
	out, err := d.o.Reindex(ctx)
	a.Left = append(a.Left, out.Left...)
	a.Done += ", the checksum files made again"
	return err
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
