package backup

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/blob/filesystem"
	"github.com/kopia/kopia/repo/blob/s3"
	"github.com/kopia/kopia/repo/blob/sharded"
	"github.com/kopia/kopia/repo/maintenance"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Under this name snapshots stand in the repository; Kopia's program lists them
// as exoplanetai@exoplanetai:<data path>.
const owner = "exoplanetai"

// address is a repository's place, read.
type address struct {
	folder string      // full path; empty for S3
	s3     *s3.Options // nil for a folder
}

// parseAddress reads a folder's path or s3://bucket/prefix?endpoint=….
func parseAddress(o Options) (address, error) {
	const op = "backup.New"
	if !strings.Contains(o.Repository, "://") {
		folder, err := filepath.Abs(o.Repository) // and clean
		if err != nil {
			return address{}, exo.E(op, exo.Invalid, nil, err).Say("the backup repository is no path").Try("give its full path")
		}
		return address{folder: folder}, nil
	}
	u, err := url.Parse(o.Repository)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return address{}, exo.E(op, exo.Invalid, nil, nil).Say("the backup repository is neither a folder nor an address of the form s3://bucket/prefix").
			Try("s3://bucket/prefix?endpoint=s3.example.org&region=eu-central-1; the keys go to backup.access_key and backup.secret_key")
	}
	to := &s3.Options{BucketName: u.Host, Endpoint: "s3.amazonaws.com", AccessKeyID: o.AccessKey, SecretAccessKey: o.SecretKey}
	if to.Prefix = strings.Trim(u.Path, "/"); to.Prefix != "" {
		to.Prefix += "/"
	}
	for key, values := range u.Query() {
		value := values[len(values)-1]
		switch key {
		case "endpoint":
			if plain, ok := strings.CutPrefix(value, "http://"); ok {
				value, to.DoNotUseTLS = plain, true
			}
			to.Endpoint = strings.TrimSuffix(strings.TrimPrefix(value, "https://"), "/")
		case "region":
			to.Region = value
		default:
			return address{}, exo.Errorf(op, exo.Invalid, nil, "the address of the backup repository has an unknown part %q", key).
				Try("endpoint and region are known")
		}
	}
	return address{s3: to}, nil
}

// storage reaches the place; with create the folder is made.
func (s *Service) storage(ctx context.Context, create bool) (blob.Storage, error) {
	if s.at.s3 != nil {
		return s3.New(ctx, s.at.s3, create)
	}
	return filesystem.New(ctx, &filesystem.Options{
		Path: s.at.folder, FileMode: 0o600, DirectoryMode: 0o700, Options: sharded.Options{DirectoryShards: []int{1, 3}},
	}, create)
}

// in opens the repository, does the work and closes it. With create it is made
// where there is none.
func (s *Service) in(ctx context.Context, op string, create bool, do func(context.Context, repo.DirectRepository) error) error {
	ctx, end := brimming(ctx)
	defer end()
	r, done, err := s.connect(ctx, create)
	if err == nil {
		err = do(ctx, r)
		if cerr := done(); err == nil {
			err = cerr
		}
	}
	if ferr := full(ctx); err != nil && ferr != nil {
		if serr := s.scrap(context.WithoutCancel(ctx), true); serr != nil {
			s.o.Log.Warn("what a backup left on a full disk cannot be removed", "error", serr)
		}
		return ferr
	}
	return typed(op, err)
}

// connect opens the repository; the function that it returns closes it.
//
// Kopia wants a file that says where the repository is. It is written for this
// opening, readable by its owner only, and removed as soon as it was read: it
// holds the keys of the S3 server.
func (s *Service) connect(ctx context.Context, create bool) (_ repo.DirectRepository, _ func() error, err error) {
	if err := s.set("backup.connect"); err != nil {
		return nil, nil, err
	}
	place, err := s.scratch(ctx)
	if err != nil {
		return nil, nil, err
	}
	r, made, err := s.open(ctx, place, create)
	if err != nil {
		return nil, nil, errors.Join(err, place.drop(ctx))
	}
	end := func() error { return errors.Join(r.Close(context.WithoutCancel(ctx)), place.drop(ctx)) }
	direct, ok := r.(repo.DirectRepository)
	if !ok {
		return nil, nil, errors.Join(exo.Errorf("backup.connect", exo.Internal, nil, "the repository is not opened directly"), end())
	}
	if made {
		if err := ownMaintenance(ctx, direct); err != nil {
			return nil, nil, errors.Join(err, end())
		}
	}
	return direct, end, nil
}

// open opens the repository by a file that it removes again.
func (s *Service) open(ctx context.Context, place *place, create bool) (r repo.Repository, made bool, err error) {
	const name = "connection" // Kopia's maintenance puts a lock file beside it
	if made, err = s.describe(ctx, place, name, create); err != nil {
		return nil, false, err
	}
	r, err = repo.Open(ctx, place.path(name), s.o.Password, &repo.Options{
		DisableRepositoryLog: true, DoNotWaitForUpgrade: true,
		OnFatalError: func(err error) { s.o.Log.Error("the backup repository failed", "error", err) }, // Kopia's own would end the program
	})
	if rerr := fsys.RemoveAll(context.WithoutCancel(ctx), place.dir, place.name+"/"+name); rerr != nil {
		if err == nil {
			err = r.Close(context.WithoutCancel(ctx))
		}
		return nil, false, errors.Join(rerr, err)
	}
	return r, made, err
}

// describe writes the file that says where the repository is, and with create
// makes the repository where there is none.
func (s *Service) describe(ctx context.Context, place *place, name string, create bool) (made bool, err error) {
	st, err := s.storage(ctx, create)
	if err != nil {
		return false, err
	}
	defer func() {
		if cerr := st.Close(ctx); err == nil {
			err = cerr
		}
	}()
	if create {
		if made, err = s.initialize(ctx, st); err != nil {
			return false, err
		}
	} else if _, err := st.GetMetadata(ctx, formatBlob); errors.Is(err, blob.ErrBlobNotFound) {
		return false, repo.ErrRepositoryNotInitialized
	}
	info := st.ConnectionInfo()
	doc, err := json.Marshal(repo.LocalConfig{Storage: &info, ClientOptions: repo.ClientOptions{Hostname: owner, Username: owner, Description: "ExoplanetAI"}})
	if err != nil {
		return false, err
	}
	return made, fsys.WriteAtomic(ctx, place.dir, place.name+"/"+name, doc, 0o600)
}

// formatBlob is the blob that makes a place a repository.
const formatBlob blob.ID = "kopia.repository"

// settingsBlob is written before it; Kopia refuses a place that has it alone.
const settingsBlob blob.ID = "kopia.blobcfg"

// initialize makes the repository, unless there is one. A place that holds
// other things is refused.
func (s *Service) initialize(ctx context.Context, st blob.Storage) (bool, error) {
	_, err := st.GetMetadata(ctx, formatBlob)
	if err == nil {
		return false, nil
	}
	if !errors.Is(err, blob.ErrBlobNotFound) {
		return false, err
	}
	if err := s.empty(ctx, st); err != nil {
		return false, err
	}
	err = repo.Initialize(ctx, st, &repo.NewRepositoryOptions{FormatBlockKeyDerivationAlgorithm: s.keys}, s.o.Password)
	if errors.Is(err, repo.ErrAlreadyInitialized) {
		return false, nil
	}
	return err == nil, err
}

func (s *Service) empty(ctx context.Context, st blob.Storage) error {
	foreign := exo.Errorf("backup.Create", exo.Conflict, nil, "the place for backups holds other things and is no backup repository").
		Try("name an empty folder or prefix in backup.repository")
	if s.at.folder != "" {
		dir, err := fsys.OpenDir(s.at.folder, true)
		if err != nil {
			return err
		}
		list, err := dir.ReadDir(".")
		begun := false
		for _, e := range list {
			switch {
			case e.Name() == string(settingsBlob)+sharded.CompleteBlobSuffix:
				begun = true
			case e.Name() != sharded.ParametersFile && !partName.MatchString(e.Name()): // Kopia writes it before anything
				return errors.Join(err, foreign, dir.Close())
			}
		}
		if begun { // and cut short: without formatBlob nothing can be in it
			err = errors.Join(err, st.DeleteBlob(ctx, settingsBlob))
		}
		return errors.Join(err, dir.Close())
	}
	return st.ListBlobs(ctx, "", func(blob.Metadata) error { return foreign })
}

// ownMaintenance says in the repository that this program looks after it.
func ownMaintenance(ctx context.Context, r repo.DirectRepository) error {
	return repo.WriteSession(ctx, r, repo.WriteSessionOptions{Purpose: "maintenance"}, func(ctx context.Context, w repo.RepositoryWriter) error {
		p := maintenance.DefaultParams()
		p.Owner = r.ClientOptions().UsernameAtHost()
		return maintenance.SetParams(ctx, w, &p)
	})
}

// typed gives an error of the repository its kind.
func typed(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*exo.Error)), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, repo.ErrInvalidPassword):
		return exo.E(op, exo.Denied, nil, err).Say("the password does not open the backup repository").
			Try("give the password that the repository was made with, in backup.password_file; without it nothing can be had back")
	case errors.Is(err, repo.ErrRepositoryNotInitialized):
		return exo.E(op, exo.NotFound, nil, err).Say("there is no backup yet").Try("exoplanetai backup create")
	}
	if kinded := fsys.Typed(op, "", err); exo.KindOf(kinded) == exo.Full {
		return noRoom(op, err)
	} else if exo.KindOf(kinded) == exo.NotFound {
		return exo.E(op, exo.NotFound, nil, err).Say("the place for backups is not there").Try("mount it, or make the first backup with `exoplanetai backup create`")
	}
	return exo.E(op, exo.Unavailable, nil, err).Say("the backup repository cannot be used").
		Try("check that the place in backup.repository can be reached; Kopia's program can look into it: kopia repository connect")
}
