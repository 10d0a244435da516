package api

import (
	"reflect"

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
