package stripetest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// maxDepth is how deep Stripe expands (docs.stripe.com/api/expanding_objects).
const maxDepth = 4

// Spec is Stripe's description of what it answers. The mock holds requests
// against it, but takes every expansion, where Stripe refuses the request.
type Spec struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema *schema }
		}
	}
	Components struct{ Schemas map[string]*schema }
}

type schema struct {
	Ref        string             `json:"$ref"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	AnyOf      []*schema          `json:"anyOf"`
	Expandable []string           `json:"x-expandableFields"`
}

// Load reads the description that came with the mock, which is fetched if need be.
func Load() (*Spec, error) {
	tools, err := toolsFile()
	if err != nil {
		return nil, err
	}
	dir, err := exec.Command("go", "list", "-modfile="+tools, "-f", "{{.Module.Dir}}", "github.com/stripe/stripe-mock").Output()
	if err != nil {
		return nil, fmt.Errorf("where stripe-mock is: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "embedded", "openapi", "spec3.json"))
	if err != nil {
		return nil, err
	}
	s := &Spec{}
	return s, json.Unmarshal(text, s)
}

// Expand says why Stripe would not expand a field, such as 'data.refunds', in
// the answer to a call; nil when it would.
func (s *Spec) Expand(method, path, field string) error {
	parts := strings.Split(field, ".")
	if len(parts) > maxDepth {
		return fmt.Errorf("%s is deeper than %d levels", field, maxDepth)
	}
	here := s.answer(method, path)
	if here == nil {
		return fmt.Errorf("there is no %s %s", method, path)
	}
	for i, part := range parts {
		next := s.field(here, part, part == "data" && i == 0)
		if next == nil {
			return fmt.Errorf("%s: %s cannot be expanded", field, strings.Join(parts[:i+1], "."))
		}
		here = next
	}
	return nil
}

// answer is the shape of what a call returns.
func (s *Spec) answer(method, path string) *schema {
	segments := strings.Split(path, "/")
	for template, methods := range s.Paths {
		parts := strings.Split(template, "/")
		fits := len(parts) == len(segments)
		for i := 0; fits && i < len(parts); i++ {
			fits = parts[i] == segments[i] || strings.HasPrefix(parts[i], "{")
		}
		if m, ok := methods[strings.ToLower(method)]; fits && ok {
			return m.Responses["200"].Content["application/json"].Schema
		}
	}
	return nil
}

// field is the shape of a field that can be expanded, or that holds some.
func (s *Spec) field(in *schema, name string, list bool) *schema {
	for _, o := range s.options(in) {
		p := o.Properties[name]
		if p == nil || (!list && !slices.Contains(o.Expandable, name)) {
			continue
		}
		for _, q := range s.options(p) {
			if q.Items != nil {
				return q.Items
			}
		}
		return p
	}
	return nil
}

// options are the shapes that a value may have.
func (s *Spec) options(in *schema) []*schema {
	if name, is := strings.CutPrefix(in.Ref, "#/components/schemas/"); is {
		in = s.Components.Schemas[name]
	}
	out := []*schema{in}
	for _, o := range in.AnyOf {
		out = append(out, s.options(o)...)
	}
	return out
}
