package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every machine reason that the code can give stands in docs/protocol.md: a
// client's author must not have to read Go.
func TestEveryReasonIsDocumented(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	given := regexp.MustCompile(`(?:fault\.New\(fault\.\w+, |Reason: +|require\([^,\n]+, |Reason = )"([a-z_]+)"`)
	found := 0
	for _, folder := range []string{"internal/domain", "internal/adapter", "internal/app", "internal/config"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range given.FindAllStringSubmatch(string(source), -1) {
				found++
				if !strings.Contains(string(text), "`"+m[1]+"`") {
					t.Errorf("%s gives the reason %q, which docs/protocol.md does not explain", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 50 {
		t.Errorf("only %d reasons found: the search is broken", found)
	}
}
