package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// response describes a JSON answer with the body T.
func response[T any](api huma.API, doc string) *huma.Response {
	return &huma.Response{Description: doc, Content: map[string]*huma.MediaType{"application/json": {Schema: schemaOf[T](api)}}}
}

func schemaOf[T any](api huma.API) *huma.Schema {
	t := reflect.TypeFor[T]()
	return api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

// problemResponse describes an answer that is a problem document.
func problemResponse(api huma.API, doc string) *huma.Response {
	return &huma.Response{Description: doc, Content: map[string]*huma.MediaType{
		problemType: {Schema: (*Problem)(nil).Schema(api.OpenAPI().Components.Schemas)},
	}}
}

// plainWildcards writes the router's {path...} as OpenAPI's {path}.
func plainWildcards(doc *huma.OpenAPI) {
	for path, item := range doc.Paths {
		if plain := strings.ReplaceAll(path, "...}", "}"); plain != path {
			delete(doc.Paths, path)
			doc.Paths[plain] = item
		}
	}
}
