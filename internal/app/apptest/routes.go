package apptest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Route is one route of the API. Path has its parameters in braces.
type Route struct{ Method, Path string }

// Routes lists what the server's own OpenAPI document lists, in a fixed order.
func (s *Place) Routes() []Route {
	s.t.Helper()
	var doc struct {
		Paths map[string]map[string]any
	}
	s.Stranger().Do("GET", "/api/openapi.json", nil).Into(s.t, &doc)
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	var out []Route
	for path, item := range doc.Paths {
		for method := range item {
			if m := strings.ToUpper(method); slices.Contains(methods, m) {
				out = append(out, Route{m, path})
			}
		}
	}
	if len(out) < 30 {
		s.t.Fatalf("the document lists %d routes: is it read rightly?", len(out))
	}
	slices.SortFunc(out, func(a, b Route) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return out
}

// CountsInside reports whether a frame or body tells how many people are inside a
// Sub Space; the standing of the caller has an 'inside' that is true or false.
func CountsInside(b []byte) bool {
	var v any
	return json.Unmarshal(b, &v) == nil && holdsNumber(v, "inside")
}

func holdsNumber(v any, key string) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(x any) bool { return holdsNumber(x, key) })
	case map[string]any:
		for k, x := range v {
			if _, is := x.(float64); is && k == key || holdsNumber(x, key) {
				return true
			}
		}
	}
	return false
}
