package mast

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

const opDownload = "mast.Download"

// Download fetches a file, from the bucket if there is one and it has the
// file, else from the archive. Both must give the listed length.
func (s *Source) Download(ctx context.Context, p archive.Product, dst archive.Partial) (exo.Origin, error) {
	if !strings.HasPrefix(p.URI, "mast:") {
		return exo.Origin{}, exo.Errorf(opDownload, exo.Invalid, p.FileName, "%.100q is not an address of MAST", p.URI)
	}
	f := archive.File{Name: p.FileName, Size: p.SizeBytes, Head: isFITS(p.FileName)}
	if key, ok := bucketKey(p.URI); ok && s.opt.BucketURL != "" {
		o, err := s.fromBucket(ctx, f, key, dst)
		if err == nil || !elsewhere(ctx, err) {
			return o, err
		}
		if err := dst.Reset(); err != nil { // the archive may have another edition of the file
			return exo.Origin{}, err
		}
	}
	ep := s.opt.Endpoint
	f.URL = s.fileURL(p)
	o, err := s.opt.Client.Download(ctx, ep, f, dst)
	o.Archive = "mast"
	if errors.Is(err, exo.Denied) {
		return o, exo.E(opDownload, exo.Denied, p.FileName, err).Say("MAST does not give out %s", p.FileName).
			Try("the data may still be proprietary; they become public at the end of their exclusive period")
	}
	return o, err
}

func (s *Source) fileURL(p archive.Product) string {
	return s.opt.Endpoint.URL("/api/v0.1/Download/file", url.Values{"uri": {p.URI}})
}

func (s *Source) bucketEndpoint() archive.Endpoint {
	ep := s.opt.Endpoint
	ep.Base, ep.Header = s.opt.BucketURL, nil
	return ep
}

// Same implements archive.Confirmer by a conditional request to the address that
// the file came from. An answer with the whole file is not read.
func (s *Source) Same(ctx context.Context, p archive.Product, known exo.Origin) (same, ok bool, err error) {
	if known.ETag == "" && known.LastModified == "" {
		return false, false, nil
	}
	ep := s.opt.Endpoint
	if known.URL != s.fileURL(p) {
		key, has := bucketKey(p.URI)
		if ep = s.bucketEndpoint(); !has || ep.Base == "" || known.URL != ep.URL("/"+key, nil) {
			return false, false, nil
		}
	}
	resp, err := s.opt.Client.Open(ctx, ep, archive.Request{URL: known.URL, Header: archive.Condition(&known)})
	if err != nil {
		return false, false, err
	}
	etag, modified := resp.Validators(&known)
	if err := resp.Close(); err != nil {
		return false, false, err
	}
	switch {
	case resp.Status == http.StatusNotModified:
		return true, true, nil
	case modified != "" && known.LastModified != "": // entity tags often differ from one server of a farm to the next
		return modified == known.LastModified, true, nil
	case etag == "" || known.ETag == "":
		return false, false, nil
	}
	return etag == known.ETag, true, nil
}

// fromBucket fetches a file from the open-data bucket, which answers 403 for
// what it does not have when it may not be listed.
func (s *Source) fromBucket(ctx context.Context, f archive.File, key string, dst archive.Partial) (exo.Origin, error) {
	ep := s.bucketEndpoint()
	f.URL = ep.URL("/"+key, nil)
	o, err := s.opt.Client.Download(ctx, ep, f, dst)
	o.Archive = "mast"
	return o, err
}

// elsewhere reports whether the archive itself is worth asking after the
// bucket failed: always, unless the failure is ours.
func elsewhere(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	for _, k := range [...]exo.Kind{exo.NotFound, exo.Denied, exo.Unavailable, exo.Upstream} {
		if exo.KindOf(err) == k {
			return true
		}
	}
	return false
}

// isFITS returns a look at the first bytes of a file whose name says that it
// is FITS, plain or compressed: a page of maintenance comes with status 200.
func isFITS(name string) func([]byte) error {
	magic := []byte("SIMPLE  =")
	switch {
	case strings.HasSuffix(name, ".fits.gz"):
		magic = []byte("\x1f\x8b")
	case !strings.HasSuffix(name, ".fits"):
		return nil
	}
	return func(first []byte) error {
		if bytes.HasPrefix(first, magic) {
			return nil
		}
		if r := archive.Refusal("MAST", first); r != nil {
			return exo.E(opDownload, exo.Upstream, name, r).Say("%s", exo.MessageOf(r)).Try("%s", exo.HintOf(r))
		}
		return exo.Errorf(opDownload, exo.Upstream, name, "what MAST sends for %s is no FITS file", name).Try("try again later")
	}
}

var tessName = regexp.MustCompile(`^tess[0-9]{13}-s([0-9]{4})-([0-9]{4})([0-9]{4})([0-9]{4})([0-9]{4})-[0-9]{4}-[sa]_`)

// bucketKey returns the place of a file in the open-data bucket (archives'
// layout: mission folder, "public", then the path of the archive's own folder).
func bucketKey(uri string) (key string, ok bool) {
	rest := strings.TrimPrefix(uri, "mast:")
	collection, p, ok := strings.Cut(rest, "/")
	p = path.Clean("/" + p)[1:]
	if !ok || p == "" {
		return "", false
	}
	switch strings.ToUpper(collection) {
	case "TESS":
		m := tessName.FindStringSubmatch(path.Base(p))
		if m == nil {
			return "", false
		}
		return "tess/public/tid/s" + m[1] + "/" + strings.Join(m[2:6], "/") + "/" + path.Base(p), true
	case "KEPLER":
		p, ok = strings.CutPrefix(p, "url/missions/kepler/")
		return "kepler/public/" + p, ok
	case "K2":
		p, ok = strings.CutPrefix(p, "url/missions/k2/")
		return "k2/public/" + p, ok
	case "HLSP":
		return "mast/hlsp/" + p, true
	}
	return "", false
}
