package version

import (
	"bytes"
	"encoding/json"
	"sort"
	"strconv"
	"time"

	"exoplanetai/internal/exo"
)

// Encode gives the one byte form of a manifest: the members in the order of the
// user guide, then ours; two blanks of indent; files by path, times in UTC, and
// a final newline.
func Encode(m Manifest) ([]byte, error) {
	const op = "version.Encode"
	if err := m.check(); err != nil {
		return nil, err
	}
	b := make([]byte, 0, 1024+300*len(m.Files))
	head := m.head()
	for i, x := range head {
		if i == filesAt {
			b = appendFiles(b, m.Files)
		}
		value, err := indented(x.value)
		if err != nil {
			return nil, exo.E(op, exo.Internal, nil, err)
		}
		if i == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(b, "\n  \""...)
		b = append(b, x.name...)
		b = append(b, "\": "...)
		b = append(b, value...)
	}
	return append(b, "\n}\n"...), nil
}

// filesAt is the place of the member files.
const filesAt = 3

type member struct {
	name  string
	value any
}

// head lists the members but files, in their order.
func (m *Manifest) head() []member {
	return []member{
		{"version", m.Version}, {"description", m.Description}, {"created_at", m.CreatedAt},
		{"total_size_bytes", m.TotalSizeBytes}, {"file_count", m.FileCount}, {"parent_version", m.ParentVersion},
		{"id", m.ID}, {"links", m.Links}, {"verified", m.Verified}, {"file_patterns", m.FilePatterns}, {"program", m.Program},
	}
}

func indented(v any) ([]byte, error) { return indentedWith(v, "  ") }

func indentedWith(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	err := enc.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

const (
	filesBegin = ",\n  \"files\": ["
	filesEnd   = "\n  ]"
)

func appendFiles(b []byte, files []File) []byte {
	b = append(b, filesBegin...)
	for i, f := range files {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, "\n    {\n      \"path\": "...)
		b = appendString(b, string(f.Path))
		b = append(b, ",\n      \"hash\": \""...)
		b = append(b, f.Hash.String()...)
		b = append(b, "\",\n      \"size_bytes\": "...)
		b = strconv.AppendInt(b, f.SizeBytes, 10)
		b = append(b, ",\n      \"modified_at\": \""...)
		b = f.ModifiedAt.AppendFormat(b, time.RFC3339Nano)
		b = append(b, "\"\n    }"...)
	}
	return append(b, filesEnd...)
}

// appendString writes a path as JSON. Paths have no control characters.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' || c >= 0x80 {
			text, err := indented(s)
			if err != nil { // a string always has a JSON form
				return strconv.AppendQuote(b, s)
			}
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// manifestLimit bounds a manifest that is read: some million files.
const manifestLimit = 1 << 30

// Decode reads a manifest and accepts nothing but the form of Encode.
//
// Errors: exo.Corrupt; the message names what is wrong.
func Decode(data []byte) (Manifest, error) {
	if len(data) == 0 {
		return Manifest{}, bad("is empty")
	}
	var wire struct {
		Summary
		Files []File `json:"files"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&wire); err != nil {
		return Manifest{}, unread(data, err)
	}
	if rest := bytes.TrimSpace(data[dec.InputOffset():]); len(rest) > 0 {
		return Manifest{}, bad("goes on after its end, with %.20q", rest)
	}
	m := Manifest{Summary: wire.Summary, Files: wire.Files}
	again, err := Encode(m)
	if err != nil {
		return Manifest{}, err
	}
	if !bytes.Equal(again, data) {
		return Manifest{}, otherForm(again, data)
	}
	return m, nil
}

// check holds a manifest to what the format promises.
func (m *Manifest) check() error {
	if _, err := exo.ParseVersionName(string(m.Version)); err != nil {
		return caused(err, "has the version %.100q, which is no name of one", m.Version)
	}
	if p := m.ParentVersion; p != nil {
		if _, err := exo.ParseVersionName(string(*p)); err != nil {
			return caused(err, "has the parent %.100q, which is no name of a version", *p)
		}
		if *p == m.Version {
			return bad("names itself as its parent")
		}
	}
	if m.Verified != ByIndex && m.Verified != ByBytes {
		return bad("has the depth %.40q, which there is not", m.Verified)
	}
	if m.CreatedAt.Location() != time.UTC {
		return bad("has a time that is not UTC")
	}
	var total int64
	for i, f := range m.Files {
		if _, err := exo.ParsePath(string(f.Path)); err != nil {
			return caused(err, "lists a file that it cannot have: %s", exo.MessageOf(err))
		}
		switch {
		case i > 0 && f.Path == m.Files[i-1].Path:
			return bad("lists %s twice", f.Path)
		case i > 0 && f.Path < m.Files[i-1].Path:
			return bad("is not sorted by path at %s", f.Path)
		case f.SizeBytes < 0:
			return bad("gives %s a negative length", f.Path)
		case f.ModifiedAt.Location() != time.UTC:
			return bad("gives %s a time that is not UTC", f.Path)
		}
		total += f.SizeBytes
	}
	switch {
	case m.FileCount != len(m.Files):
		return bad("counts %d files and lists %d", m.FileCount, len(m.Files))
	case total < 0 || m.TotalSizeBytes != total:
		return bad("gives a total of %d bytes where its files have %d", m.TotalSizeBytes, total)
	case m.ID != identify(m.Files):
		return bad("has an id that is not that of its files")
	}
	return nil
}

// Sums writes the files as sha256sum does; ID is the digest of this text.
func Sums(files []File) []byte {
	b := make([]byte, 0, 128*len(files))
	for _, f := range files {
		b = append(b, f.Hash.Hex()...)
		b = append(b, "  "...)
		b = append(b, f.Path...)
		b = append(b, '\n')
	}
	return b
}

func identify(files []File) exo.Digest { return exo.DigestOf(Sums(files)) }

// find gives the place of a path.
func (m *Manifest) find(p exo.Path) (File, bool) {
	i := sort.Search(len(m.Files), func(i int) bool { return m.Files[i].Path >= p })
	if i < len(m.Files) && m.Files[i].Path == p {
		return m.Files[i], true
	}
	return File{}, false
}

// MarshalJSON gives the form of Encode, so that an answer is the manifest.
func (m Manifest) MarshalJSON() ([]byte, error) { return Encode(m) }
