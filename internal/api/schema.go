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

// tidy corrects what the framework cannot know: the router's {path...} is
// OpenAPI's {path}, the header fields of a call that goes on belong to 202, and
// the framework's own error model is not used.
func tidy(doc *huma.OpenAPI) {
	for path, item := range doc.Paths {
		if plain := strings.ReplaceAll(path, "...}", "}"); plain != path {
			delete(doc.Paths, path)
			doc.Paths[plain] = item
		}
		if op := item.Post; op != nil && op.Responses["202"] != nil {
			op.Responses["202"].Headers, op.Responses["200"].Headers = op.Responses["200"].Headers, nil
		}
	}
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		delete(doc.Components.Schemas.Map(), name)
	}
}
