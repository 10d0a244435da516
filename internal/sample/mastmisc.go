package sample

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"

	"exoplanetai/internal/lightcurve"
)

// whoami says that nobody is signed in.
func (s *Server) whoami(w http.ResponseWriter, _ *request) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"anon": true, "attrib": {}, "ezid": "anonymous", "scopes": [], "session": null, "token": null}`)
}

// maxPaths is how many addresses a path look-up takes.
const maxPaths = 40

// pathLookup turns dataURIs into paths.
func (s *Server) pathLookup(w http.ResponseWriter, r *request) {
	uris := r.Form["uri"]
	if len(uris) > maxPaths {
		http.Error(w, "Too many uris", http.StatusBadRequest)
		return
	}
	type answer struct {
		Status int     `json:"status_code"`
		Path   *string `json:"path"`
	}
	out := map[string]answer{}
	for _, uri := range uris {
		a := answer{Status: http.StatusNotFound}
		if f, ok := s.byURI(uri); ok {
			p := "/" + f.bucketKey()
			if r.param("use_cloud_path") == "true" {
				p = f.bucketKey()
			}
			a = answer{http.StatusOK, &p}
		}
		out[uri] = a
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // the client has gone if this fails
}

// bundle sends several files as a script, a tar or a zip; without an ending it
// answers as the staging service does.
func (s *Server) bundle(w http.ResponseWriter, r *request, ending string) {
	var files []file
	status := map[string]string{}
	for _, uri := range r.Form["uri"] {
		status[uri] = "ERROR"
		if f, ok := s.byURI(uri); ok {
			files = append(files, f)
			status[uri] = "COMPLETE"
		}
	}
	base := "http://" + r.Host + "/api/v0.1/Download/"
	switch ending {
	case ".sh":
		w.Header().Set("Content-Type", "application/x-sh")
		script(w, base, files)
	case ".tar.gz", ".zip":
		s.pack(w, ending, files)
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "COMPLETE", "msg": "", "bytesStreamed": 0, "progress": 1,
			"url": base + "bundle.sh", "manifestUrl": base + "bundle.sh", "statusList": status}) // the client has gone if this fails
	}
}

func script(w io.Writer, base string, files []file) {
	b := bufio.NewWriter(w)
	defer b.Flush()
	b.WriteString("#!/bin/bash\n")
	for _, f := range files {
		fmt.Fprintf(b, "curl -C - -L -o %s %sfile?uri=%s\n", f.name, base, f.uri())
	}
}

// pack streams files into an archive, stored without compression.
func (s *Server) pack(w http.ResponseWriter, ending string, files []file) {
	var add func(f file) (io.Writer, error)
	var end func() error
	if ending == ".zip" {
		w.Header().Set("Content-Type", "application/zip")
		z := zip.NewWriter(w)
		add = func(f file) (io.Writer, error) {
			return z.CreateHeader(&zip.FileHeader{Name: f.packPath(), Method: zip.Store, Modified: f.mod})
		}
		end = z.Close
	} else {
		w.Header().Set("Content-Type", "application/gzip")
		z := gzip.NewWriter(w)
		t := tar.NewWriter(z)
		add = func(f file) (io.Writer, error) {
			return t, t.WriteHeader(&tar.Header{Name: f.packPath(), Mode: 0o644, Size: f.size, ModTime: f.mod})
		}
		end = func() error {
			if err := t.Close(); err != nil {
				return err
			}
			return z.Close()
		}
	}
	for _, f := range files {
		if err := s.packOne(f, add); err != nil {
			s.log.Warn("sample bundle broken off", "file", f.name, "error", err)
			panic(http.ErrAbortHandler) // the header is out: a broken connection is the honest end
		}
	}
	_ = end() // the client has gone if this fails
}

func (s *Server) packOne(f file, add func(file) (io.Writer, error)) error {
	in, err := s.src.open(f)
	if err != nil {
		return err
	}
	defer in.Close()
	to, err := add(f)
	if err != nil {
		return err
	}
	_, err = io.CopyN(to, in, f.size)
	return err
}

// packPath is a file's place in a bundle.
func (f file) packPath() string { return "MAST/" + f.collection() + "/" + f.obsID() + "/" + f.name }

var reScript = regexp.MustCompile(`^/missions/tess/download_scripts/sector/tesscurl_sector_(\d{1,4})_(fast-)?lc\.sh$`)

// sectorScript serves the list of a sector's light curves as a script of curl
// lines, if that is what the path asks for.
func (s *Server) sectorScript(w http.ResponseWriter, r *request) bool {
	m := reScript.FindStringSubmatch(r.URL.Path)
	if m == nil {
		return false
	}
	sector, err := strconv.Atoi(m[1])
	if err != nil {
		return false
	}
	cadence := 120
	if m[2] != "" {
		cadence = 20
	}
	var files []file
	for _, f := range s.src.files() {
		if f.product.Author == lightcurve.AuthorSPOC && f.product.SectorQuarter == sector && f.product.CadenceS == cadence {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return false
	}
	w.Header().Set("Content-Type", "application/x-sh")
	script(w, "http://"+r.Host+"/api/v0.1/Download/", files)
	return true
}
