package arch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheRepositoryKeepsItsRules(t *testing.T) {
	found, err := Check(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// Each folder of testdata is a small repository. Its file "want" has one line
// for each violation that must be found there: the place, a space, and words of
// the reason. Without lines nothing may be found.
func TestEverySampleIsCaught(t *testing.T) {
	samples, err := filepath.Glob("testdata/*/want")
	if err != nil || len(samples) == 0 {
		t.Fatal("no samples", err)
	}
	for _, name := range samples {
		dir := filepath.Dir(name)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found, err := Check(dir)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
			for _, line := range want {
				place, words, _ := strings.Cut(line, " ")
				i := 0
				for i < len(found) && (found[i].At != place || !strings.Contains(found[i].Why, words)) {
					i++
				}
				if i == len(found) {
					t.Errorf("not caught: %s", line)
					continue
				}
				found = append(found[:i], found[i+1:]...)
			}
			for _, v := range found {
				t.Errorf("caught, but not expected: %v", v)
			}
		})
	}
}

// The tables of the rule must speak of the nouns that architecture names, each
// once: a noun in both lists would be allowed twice.
func TestTablesDoNotOverlap(t *testing.T) {
	seen := map[string]bool{}
	for _, noun := range append(foundation(), features()...) {
		if seen[noun] {
			t.Errorf("%s stands twice", noun)
		}
		seen[noun] = true
	}
}
