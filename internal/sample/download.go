package sample

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// download routes MAST's download service.
func (s *Server) download(w http.ResponseWriter, r *request) {
	switch rest := path.Base(r.URL.Path); rest {
	case "file":
		uri := r.param("uri")
		f, ok := s.byURI(uri)
		if !ok {
			mastNotFound(w)
			return
		}
		s.sendFile(w, r, f)
	case "bundle", "bundle.sh", "bundle.zip", "bundle.tar.gz":
		s.bundle(w, r, strings.TrimPrefix(rest, "bundle"))
	default:
		mastNotFound(w)
	}
}

// mastNotFound is what MAST says of a file it does not have.
func mastNotFound(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	io.WriteString(w, `{"message": "File not found."}`)
}

// webFolder serves a file of the web folders, archive.stsci.edu/missions/….
func (s *Server) webFolder(w http.ResponseWriter, r *request) {
	p := strings.TrimPrefix(r.URL.Path, "/pub/")
	f, ok := s.byName(path.Base(p))
	if !ok || (f.webPath() != r.URL.Path && f.webPath() != "/missions/"+p) {
		if s.sectorScript(w, r) {
			return
		}
		http.NotFound(w, r.Request)
		return
	}
	s.sendFile(w, r, f)
}

// bucket serves an object of the bucket stpubdata, by path or as S3 does with
// an XML error.
func (s *Server) bucket(w http.ResponseWriter, r *request) {
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/stpubdata"), "/")
	f, ok := s.byName(path.Base(key))
	if !ok || f.bucketKey() != key {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>%s</Key></Error>", xmlText(key))
		return
	}
	s.sendFile(w, r, f)
}

// byName finds a light curve by its file name.
func (s *Server) byName(name string) (file, bool) {
	fs := s.src.files()
	i, ok := slices.BinarySearchFunc(fs, name, func(f file, n string) int { return strings.Compare(f.name, n) })
	if !ok {
		return file{}, false
	}
	return fs[i], true
}

// byURI finds a light curve by its dataURI. The mission's case and doubled
// slashes do not matter, as at MAST.
func (s *Server) byURI(uri string) (file, bool) {
	rest, ok := strings.CutPrefix(uri, "mast:")
	if !ok {
		return file{}, false
	}
	f, ok := s.byName(path.Base(rest))
	if !ok || !strings.EqualFold(path.Clean(rest), strings.TrimPrefix(f.uri(), "mast:")) {
		return file{}, false
	}
	return f, true
}

// sendFile sends a light curve, with ranges and validators as the faults want.
func (s *Server) sendFile(w http.ResponseWriter, r *request, f file) {
	in, err := s.src.open(f)
	if err != nil {
		s.log.Warn("sample file cannot be opened", "file", f.name, "error", err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	defer in.Close()
	h := w.Header()
	h.Set("Content-Type", "application/fits")
	h.Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
	modified := time.Time{}
	switch v := s.validators(r, "both"); v {
	case "etag", "both", "changing":
		tag := fmt.Sprintf("%x-%x", f.size, f.mod.UnixMicro())
		if v == "changing" {
			tag += "-" + strconv.FormatUint(s.seq.Add(1), 36)
		}
		h.Set("ETag", `"`+tag+`"`)
		if v == "both" {
			modified = f.mod
		}
	case "date":
		modified = f.mod
	}
	if _, ok := r.fault("norange"); ok {
		r.Header.Del("Range")
		w = noRanges{w}
	}
	if v, ok := r.fault("rangestart"); ok && r.Header.Get("Range") != "" {
		r.Header.Set("Range", "bytes="+v+"-")
	}
	http.ServeContent(w, r.Request, "", modified, in)
}

// noRanges hides that the server could serve ranges.
type noRanges struct{ http.ResponseWriter }

// WriteHeader drops the header that offers ranges.
func (n noRanges) WriteHeader(code int) {
	n.Header().Del("Accept-Ranges")
	n.ResponseWriter.WriteHeader(code)
}

// validators returns which validators this answer carries.
func (s *Server) validators(r *request, usual string) string {
	if v, ok := r.fault("validators"); ok {
		return v
	}
	return usual
}

// validate sets the validators of a table's answer and answers a conditional
// request that they satisfy with 304; then it returns true.
func (s *Server) validate(w http.ResponseWriter, r *request, tag, usual string, modified time.Time) bool {
	v := s.validators(r, usual)
	if v == "changing" {
		tag += "-" + strconv.FormatUint(s.seq.Add(1), 36)
	}
	tag = `"` + tag + `"`
	if v == "etag" || v == "both" || v == "changing" {
		w.Header().Set("ETag", tag)
		if match := r.Header.Get("If-None-Match"); match != "" {
			if match == tag || match == "*" {
				w.WriteHeader(http.StatusNotModified)
				return true
			}
			return false
		}
	}
	if v == "date" || v == "both" {
		w.Header().Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
		since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
		if err == nil && !modified.Truncate(time.Second).After(since) {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}
