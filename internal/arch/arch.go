// Package arch holds the rules that keep the code in the shape that
// ARCHITECTURE.md describes, and checks them over the whole repository.
//
// Owns: who may import whom and why not, what a package says of itself, and the
// few habits that hurt a long-lived server (hidden start-up work, package state,
// leaving without closing, files that collect everything).
//
// Promises: it reads source files and nothing else, so a result never goes stale
// in a cache; each violation names place, rule and reason; each rule is shown by
// a sample under testdata that breaks it.
//
// Does not do: style, formatting or correctness, which gofumpt, vet and
// staticcheck look at; and it is never part of the product.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Module is the prefix of all import paths of this repository.
const Module = "github.com/subspace-live/subspace/"

// Violation is one place that breaks a rule.
type Violation struct {
	At  string // file:line, from the repository's root
	Why string
}

func (v Violation) String() string { return v.At + ": " + v.Why }

// Check looks at every Go package below a folder, the repository's root.
func Check(root string) ([]Violation, error) {
	packages, err := load(root)
	if err != nil {
		return nil, err
	}
	var found []Violation
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		p := packages[dir]
		for _, rule := range []func(*pkg) []Violation{imports, comment, packageState, endings, sizes} {
			found = append(found, rule(p)...)
		}
	}
	return found, nil
}

// pkg is one folder of Go files.
type pkg struct {
	dir   string // from the root, with slashes
	files []*file
}

type file struct {
	name     string // from the root, with slashes
	test     bool
	external bool // a test outside of the package it tests
	set      *token.FileSet
	syntax   *ast.File
}

func (f *file) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.name, f.set.Position(n.Pos()).Line)
}

// code returns the files that are compiled into a program.
func (p *pkg) code() []*file {
	return slices.DeleteFunc(slices.Clone(p.files), func(f *file) bool { return f.test })
}

func load(root string) (map[string]*pkg, error) {
	packages := map[string]*pkg{}
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && skipped(tree, name) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := parse(root, name)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if packages[dir] == nil {
			packages[dir] = &pkg{dir: dir}
		}
		packages[dir].files = append(packages[dir].files, f)
		return nil
	})
	return packages, err
}

// skipped leaves out what is not of this module: installed packages, samples,
// other modules.
func skipped(tree fs.FS, dir string) bool {
	base := path.Base(dir)
	if base == "node_modules" || base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return err == nil
}

func parse(root, name string) (*file, error) {
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, filepath.Join(root, filepath.FromSlash(name)), nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	test := strings.HasSuffix(name, "_test.go")
	return &file{
		name: name, test: test, set: set, syntax: syntax,
		external: test && strings.HasSuffix(syntax.Name.Name, "_test"),
	}, nil
}
