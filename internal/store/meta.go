package store

import (
	"bytes"
	"encoding/json"
	"strings"

	"exoplanetai/internal/exo"
)

// maxSidecar bounds a metadata record: a thousand columns fit well.
const maxSidecar = 4 << 20

const metaFolder = "metadata/"

// MetadataPath returns the place of a file's sidecar: metadata/<path>.json.
func MetadataPath(p exo.Path) exo.Path { return exo.Path(metaFolder + string(p) + ".json") }

// described returns the file that a sidecar belongs to; ok is false for any
// other file, also one below metadata/ that is data itself.
func described(sidecar string) (exo.Path, bool) {
	p, ok := strings.CutPrefix(sidecar, metaFolder)
	if !ok {
		return "", false
	}
	p, ok = strings.CutSuffix(p, ".json")
	if _, data := sectionOf(exo.Path(p)); !ok || !data {
		return "", false
	}
	return exo.Path(p), true
}

// section is a part of the tree where published files stand. Its checksum file
// has its name.
type section struct{ name, folder string }

// sections are the places where published files may stand. The folder of none
// is part of that of another, and none is where sidecars stand: these are below
// metadata/<folder of a section>/.
var sections = []section{
	{"lightcurves", "lightcurves"},
	{"processed", "processed"},
	{"raw", "raw"},
	{"validation", "metadata/validation"},
}

// sectionOf returns the section that a file stands in; ok is false for a
// sidecar and for anything else.
func sectionOf(p exo.Path) (section, bool) {
	for _, s := range sections {
		if strings.HasPrefix(string(p), s.folder+"/") {
			return s, true
		}
	}
	return section{}, false
}

// checkPath accepts the places where published files may stand.
func checkPath(p exo.Path) error {
	const op = "store.Publish"
	for _, name := range []exo.Path{p, MetadataPath(p)} { // the longer one must fit too
		if _, err := exo.ParsePath(string(name)); err != nil {
			return err
		}
	}
	if _, ok := sectionOf(p); !ok {
		return exo.Errorf(op, exo.Invalid, p, "%s is not below raw, lightcurves, processed or metadata/validation", p)
	}
	return nil
}

// EncodeMeta gives the one byte form of a metadata record: JSON with sorted
// keys, two blanks of indent and a final newline.
func EncodeMeta(m Meta) ([]byte, error) {
	const op = "store.EncodeMeta"
	m.RetrievedAt = m.RetrievedAt.UTC().Round(0)
	if m.Full != nil {
		full := m.Full.UTC().Round(0)
		m.Full = &full
	}
	plain, err := json.Marshal(m)
	if err != nil {
		return nil, exo.E(op, exo.Invalid, m.Path, err).Say("the metadata of %s cannot be written", m.Path)
	}
	var tree any
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.UseNumber() // digits stay as they are
	if err := dec.Decode(&tree); err != nil {
		return nil, exo.E(op, exo.Internal, m.Path, err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out) // sorts the keys of a map
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(tree); err != nil {
		return nil, exo.E(op, exo.Internal, m.Path, err)
	}
	if out.Len() > maxSidecar {
		return nil, exo.Errorf(op, exo.TooLarge, m.Path, "the metadata of %s is larger than %d bytes", m.Path, maxSidecar)
	}
	return out.Bytes(), nil
}

// ParseMeta reads a metadata record and accepts only the byte form that
// EncodeMeta gives, so that a record cannot be read in two ways. Every error is
// exo.Corrupt and says what is wrong.
func ParseMeta(text []byte) (Meta, error) {
	const op = "store.ParseMeta"
	bad := func(err error, format string, args ...any) (Meta, error) {
		return Meta{}, exo.E(op, exo.Corrupt, nil, err).Say(format, args...).
			Try("take the record from a backup, or fetch the file again")
	}
	if len(text) > maxSidecar {
		return bad(nil, "the metadata record is larger than %d bytes", maxSidecar)
	}
	var m Meta
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return bad(err, "the metadata record is not valid")
	}
	if rest := text[dec.InputOffset():]; string(rest) != "\n" {
		return bad(nil, "the metadata record does not end after its last brace and newline")
	}
	if err := checkPath(m.Path); err != nil {
		return bad(err, "the metadata record names a place outside the data tree")
	}
	if m.SHA256.IsZero() || m.SizeBytes < 0 || m.RetrievedAt.IsZero() {
		return bad(nil, "the metadata record lacks the digest, the size or the time")
	}
	again, err := EncodeMeta(m)
	if err != nil {
		return bad(err, "the metadata record is not valid")
	}
	if !bytes.Equal(again, text) {
		return bad(nil, "the metadata record is not in its one byte form: keys sorted, none twice, two blanks of indent")
	}
	return m, nil
}
