package store

import (
	"context"
	"database/sql"
	"hash/maphash"
	"slices"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// VerifyOptions says how deep to look.
type VerifyOptions struct {
	Quick   bool // existence, type, length and permissions only; no bytes
	Records bool // sidecars, checksum lines and index only: what describes the files, and nothing of them
}

// Class names a kind of damage.
type Class string

// The classes of damage.
const (
	Missing       Class = "missing"       // the file is gone
	Damaged       Class = "corrupt"       // bytes, length or type are not what they were
	Extra         Class = "extra"         // a file that the store did not put there
	Mode          Class = "mode"          // the permissions are not those of a stored file
	ChecksumFile  Class = "checksum-file" // a line is missing, wrong or superfluous
	MetadataFile  Class = "metadata"      // the sidecar is missing or not what it was
	IndexDatabase Class = "index"         // the database contradicts itself or the tree
)

// Damage is one finding of Verify.
type Damage struct {
	Path   string       `json:"path"` // of the damaged file
	Class  Class        `json:"class"`
	Detail string       `json:"detail"`
	Target exo.TargetID `json:"target,omitzero"` // star that the file is about
	Repair string       `json:"repair"`          // the command that repairs it
}

// VerifyReport tells what was looked at, how deep, when, and every damage.
type VerifyReport struct {
	Depth      string    `json:"depth"` // "full": every byte was read; "quick": type, length and permissions; "records": sidecars, checksum lines and index
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Files      int64     `json:"files"` // stored files looked at
	Bytes      int64     `json:"bytes"` // bytes of them that were read
	Total      Amount    `json:"total"` // what the store holds
	OK         bool      `json:"ok"`
	Damaged    []Damage  `json:"damaged"` // all, by path
}

// Repair is the command that repairs a damage, as a user may copy it. A file that
// the store does not know is nobody's to move but the user's.
func Repair(name string, c Class) string {
	switch c {
	case IndexDatabase:
		return "exoplanetai storage reindex"
	case Extra:
		return "mv -n -- " + exo.Quote(name) + " .. # in the data folder; the program never moves what it does not know"
	}
	return "exoplanetai storage repair " + exo.Quote(name)
}

func newDamage(name string, c Class, detail string, err error) Damage {
	if err != nil {
		detail += ": " + exo.MessageOf(err)
	}
	return Damage{Path: name, Class: c, Detail: detail, Repair: Repair(name, c)}
}

// Verify compares every file, sidecar, checksum line and index row with each
// other and lists all that does not agree. Full, it reads every byte; Quick, it
// looks at type, length and permissions. It writes nothing but, after a full
// pass over a file of a store that is open to write, the time of its proof.
//
// It may run while files are published: what is in between is looked at again
// at the end. The error tells that the check itself could not go on; damage is
// no error. report gets bytes, and may be nil.
func (s *Store) Verify(ctx context.Context, o VerifyOptions, report func(done, total int64)) (VerifyReport, error) {
	done, err := s.look(ctx)
	if err != nil {
		return VerifyReport{}, err
	}
	defer done()
	v := &verifier{s: s, ctx: ctx, quick: o.Quick, report: report, seed: maphash.MakeSeed(), noLine: map[exo.Path]bool{}, short: map[string]bool{}}
	v.Depth, v.StartedAt, v.Damaged = "full", s.now(), []Damage{}
	switch {
	case o.Quick:
		v.Depth = "quick"
	case o.Records:
		v.Depth, v.records = "records", true
	}
	err = v.run()
	if k := exo.KindOf(err); err != nil && (k == exo.Corrupt || k == exo.Internal) { // of the database, or its names are damaged: what could be read of it was compared
		s.Log.Error("the index cannot be read to its end", "error", err)
		v.add(indexDB, IndexDatabase, "the index cannot be read to its end; after a reindex, verify again", nil)
		err = nil
	}
	for i := range v.Damaged { // with such a file the store does not open to write, and only Reindex runs
		if d := &v.Damaged[i]; d.Class == ChecksumFile && v.short[d.Path] {
			d.Repair = Repair(indexDB, IndexDatabase)
		}
	}
	slices.SortFunc(v.Damaged, compareDamage)
	v.OK = err == nil && len(v.Damaged) == 0
	v.FinishedAt = s.now()
	return v.VerifyReport, err
}

// verifier is one run of Verify.
type verifier struct {
	s       *Store
	ctx     context.Context // of the one call that it lives for
	quick   bool
	records bool
	report  func(done, total int64)
	done    int64
	again   []suspect         // to be looked at again at the end
	known   []uint64          // marks of all names that rows know
	seed    maphash.Seed      // of the marks
	listed  map[string]folder // what a quick look has listed
	short   map[string]bool   // checksum files that lost lines, or are none
	noLine  map[exo.Path]bool // files and sidecars whose row points to no line of theirs
	VerifyReport
}

// suspect is what may be damage or a publication under way.
type suspect struct {
	path   exo.Path // the file, or the file of the sidecar
	at     int64    // offset of a checksum line, -1 none
	side   bool     // a sidecar's line
	damage Damage
}

func (v *verifier) run() error {
	err := v.s.DB.QueryRowContext(v.ctx, `SELECT coalesce(sum(size_bytes), 0), count(*) FROM files`).Scan(&v.Total.Bytes, &v.Total.Files)
	if err != nil {
		return sqldb.Typed("store.Verify", nil, err)
	}
	files := v.files
	if v.quick {
		files = v.quickFiles
	}
	for _, step := range []func() error{v.database, files, v.strangers, v.lines} {
		if err := v.ctx.Err(); err != nil {
			return exo.E("store.Verify", exo.KindOf(err), nil, err)
		}
		if err := step(); err != nil {
			return err
		}
	}
	if v.s.ReadOnly {
		return v.secondLook()
	}
	if err := v.s.alone(v.ctx, v.secondLook); err != nil || v.quick || v.records {
		return err
	}
	return sqldb.Typed("store.Verify", nil, setNote(v.ctx, v.s.DB, lastFull, v.s.now().UnixNano()))
}

func (v *verifier) add(name string, c Class, detail string, err error) {
	v.Damaged = append(v.Damaged, newDamage(name, c, detail, err))
}

// database lets SQLite check its own structure. That of Postgres is for its own
// programs to check.
func (v *verifier) database() (err error) {
	const op = "store.Verify"
	if v.s.postgres() { // its pages have checksums of their own; all rows are read
		return nil
	}
	pragma := `PRAGMA integrity_check`
	if v.quick {
		pragma = `PRAGMA quick_check`
	}
	rows, err := v.s.DB.QueryContext(v.ctx, pragma)
	if err != nil {
		return sqldb.Typed(op, nil, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = sqldb.Typed(op, nil, cerr)
		}
	}()
	for rows.Next() {
		var text sql.NullString
		if err := rows.Scan(&text); err != nil {
			return sqldb.Typed(op, nil, err)
		}
		if text.String != "ok" {
			v.add(indexDB, IndexDatabase, "the database contradicts itself: "+text.String, nil)
		}
	}
	return sqldb.Typed(op, nil, rows.Err())
}

// nowListed tells whether the row of a file, or of its sidecar, points to its line
// by now: another process has finished what a killed one left, or made the index
// again.
func (v *verifier) nowListed(of, p exo.Path, side bool) (bool, error) {
	want, at, ok, err := v.s.lineOfRow(v.ctx, of, side)
	if err != nil || !ok {
		return !ok, err // without a row nothing is missed
	}
	have, err := v.s.lineAt(at, p)
	return have == want, err
}

// secondLook drops the suspects that were publications under way. For a store
// open to write it runs while nothing is published; a reader recognises them by
// their intents.
func (v *verifier) secondLook() error {
	acts, err := v.s.pendingEverywhere()
	if err != nil {
		return err
	}
	pending := paths(acts)
	for _, x := range v.again {
		r, ok, err := get(v.ctx, v.s.DB, x.path)
		if err != nil {
			return err
		}
		at := r.line
		if x.side {
			at = r.metaLine
		}
		if pending[x.path] || ok && (x.at < 0 || x.at == at) {
			continue
		}
		v.Damaged = append(v.Damaged, x.damage)
	}
	for p := range v.noLine {
		of, side := described(string(p))
		if !side {
			of = p
		}
		if listed, err := v.nowListed(of, p, side); err != nil {
			return err
		} else if !listed && !pending[of] {
			v.add(sumsName(p), ChecksumFile, "there is no line for "+string(p), nil)
		}
	}
	return nil
}
