package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

const (
	longestFile     = 500
	longestFunction = 60
)

// comment asks each package to say what it is for, at the top of one file.
func comment(p *pkg) []Violation {
	code := p.code()
	if len(code) == 0 {
		return nil // tests of something that stands elsewhere
	}
	var text string
	for _, f := range code {
		text += f.syntax.Doc.Text()
	}
	text = strings.Join(strings.Fields(text), " ")
	var found []Violation
	for _, word := range []string{"Owns", "Promises", "Does not do"} {
		if !strings.Contains(text, word) {
			found = append(found, Violation{p.dir, fmt.Sprintf("its package comment does not say %q: a newcomer reads it first", word)})
		}
	}
	return found
}

// packageState refuses what starts or lives without being asked for. Allowed at
// package level are errors (Err…, err…), interface assertions (_) and embedded
// files.
func packageState(p *pkg) []Violation {
	var found []Violation
	for _, f := range p.files {
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					found = append(found, Violation{f.at(d), "func init works behind everybody's back: make it a function that app calls"})
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR && !f.test {
					found = append(found, variables(f, d)...)
				}
			}
		}
	}
	return found
}

func variables(f *file, d *ast.GenDecl) []Violation {
	var found []Violation
	for _, s := range d.Specs {
		spec, ok := s.(*ast.ValueSpec)
		if !ok || embedded(d, spec) {
			continue
		}
		for _, name := range spec.Names {
			if name.Name != "_" && !isError(name.Name) {
				found = append(found, Violation{
					f.at(name),
					"package variable " + name.Name + ": state has an owner, a table is a function or a constant; only errors, _ assertions and go:embed stay",
				})
			}
		}
	}
	return found
}

func isError(name string) bool {
	rest, ok := strings.CutPrefix(strings.Replace(name, "Err", "err", 1), "err")
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}

func embedded(d *ast.GenDecl, spec *ast.ValueSpec) bool {
	for _, group := range []*ast.CommentGroup{d.Doc, spec.Doc} {
		if group == nil {
			continue
		}
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:embed ") {
				return true
			}
		}
	}
	return false
}

// endings refuses what leaves the program without closing it.
func endings(p *pkg) []Violation {
	var found []Violation
	for _, f := range p.code() {
		command := f.syntax.Name.Name == "main"
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := callee(call)
			exits := name == "os.Exit" || strings.HasPrefix(name, "log.Fatal") || strings.HasPrefix(name, "log.Panic")
			if exits && !command {
				found = append(found, Violation{f.at(call), name + " skips every close: return the error, only a command ends the program"})
			}
			if strings.HasPrefix(p.dir, "internal/domain/") && (name == "time.Now" || name == "time.Since" || name == "time.Until") {
				found = append(found, Violation{f.at(call), name + " in the domain: time is handed in, so that a rule can be asked about any moment"})
			}
			return true
		})
	}
	return found
}

func callee(call *ast.CallExpr) string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	owner, ok := selector.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return owner.Name + "." + selector.Sel.Name
}

// sizes finds the file and the function that have begun to collect everything.
func sizes(p *pkg) []Violation {
	var found []Violation
	for _, f := range p.code() {
		if lines := f.set.Position(f.syntax.FileEnd).Line - 1; lines > longestFile {
			found = append(found, Violation{f.name, fmt.Sprintf("%d lines, at most %d: which second story has begun here?", lines, longestFile)})
		}
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1
			if lines > longestFunction {
				found = append(found, Violation{f.at(fn), fmt.Sprintf("function %s has %d lines, at most %d", fn.Name.Name, lines, longestFunction)})
			}
		}
	}
	return found
}
