package folder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

const uriPrefix = "folder:"

// Find lists the light curves of the star by the names of the files below the
// folder. Files named after another catalog's number (TGLC) belong to no star
// here. There is no raw answer to keep.
func (s *Source) Find(ctx context.Context, q archive.LightCurveQuery) (archive.Found, error) {
	q, err := q.Checked()
	if err != nil {
		return archive.Found{}, err
	}
	var products []archive.Product
	err = s.walk(ctx, func(name string) error {
		p, ok := lightcurve.ParseFileName(path.Base(name))
		if !ok || !q.Wants(p) {
			return nil
		}
		info, err := fs.Stat(s.fsys, name)
		if err != nil {
			return unreadable("folder.Find", name, err)
		}
		products = append(products, archive.Product{
			Product: p, FileName: path.Base(name), URI: uriPrefix + name, SizeBytes: info.Size(), Rights: "PUBLIC",
		})
		return nil
	})
	if err != nil {
		return archive.Found{}, err
	}
	if len(products) == 0 {
		return archive.Found{}, q.NothingFound("folder.Find", "the archive's folder")
	}
	archive.SortProducts(products)
	return archive.Found{Products: slices.CompactFunc(products, func(a, b archive.Product) bool {
		return a.FileName == b.FileName
	})}, nil
}

// Download copies the file from dst.Offset() on.
func (s *Source) Download(ctx context.Context, p archive.Product, dst archive.Partial) (exo.Origin, error) {
	const op = "folder.Download"
	name, ok := strings.CutPrefix(p.URI, uriPrefix)
	if !ok || !fs.ValidPath(name) {
		return exo.Origin{}, exo.Errorf(op, exo.Invalid, p.FileName, "%q is no file of the archive's folder", p.FileName)
	}
	f, err := s.fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return exo.Origin{}, exo.E(op, exo.NotFound, p.FileName, err).Say("%s is no longer in the archive's folder", p.FileName)
	}
	if err != nil {
		return exo.Origin{}, unreadable(op, p.FileName, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return exo.Origin{}, unreadable(op, p.FileName, err)
	}
	if p.SizeBytes > 0 && p.SizeBytes != info.Size() {
		return exo.Origin{}, exo.Errorf(op, exo.Upstream, p.FileName, "%s has %d bytes in the archive's folder, not %d", p.FileName, info.Size(), p.SizeBytes).Try("search anew")
	}
	if err := copyRest(ctx, f, info.Size(), dst); err != nil {
		return exo.Origin{}, err
	}
	return exo.Origin{Archive: "folder", URL: p.URI, ETag: etag(info)}, nil
}

// copyRest appends what dst lacks of a file of the given size.
func copyRest(ctx context.Context, f fs.File, size int64, dst archive.Partial) error {
	const op = "folder.Download"
	if dst.Offset() > size {
		if err := dst.Reset(); err != nil {
			return err
		}
	}
	if _, err := io.CopyN(io.Discard, f, dst.Offset()); err != nil {
		return unreadable(op, "", err)
	}
	buf := make([]byte, 128<<10)
	for dst.Offset() <= size {
		if err := ctx.Err(); err != nil {
			return exo.E(op, exo.KindOf(err), nil, err)
		}
		n, err := f.Read(buf)
		if _, werr := dst.Write(buf[:n]); n > 0 && werr != nil {
			return werr
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return unreadable(op, "", err)
		}
	}
	if dst.Offset() != size {
		return exo.Errorf(op, exo.Upstream, nil, "the file changed while it was read").Try("try again")
	}
	return nil
}
