package exo

// Origin says where bytes came from. It is stored with every file.
type Origin struct {
	Archive      string `json:"archive"`                 // "nea", "exofop", "mast", "esa", "folder"; "local" for what this program made
	URL          string `json:"url"`                     // address asked, without secrets; empty for "local"
	Query        string `json:"query,omitempty"`         // ADQL or request body, as sent
	ETag         string `json:"etag,omitempty"`          // validator of the answer, if it had one
	LastModified string `json:"last_modified,omitempty"` // validator of the answer, if it had one
}
