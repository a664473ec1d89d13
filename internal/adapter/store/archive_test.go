package store

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whoever adds a table that refers to accounts adds a chapter to the archive, or
// says here why its rows are nothing to be told.
func TestEveryTableAboutPeopleHasAChapter(t *testing.T) {
	untold := map[string]string{
		"mail_link": "a link that waits in a mailbox: its address is told, and the link opens the account",
	}
	var queries []string
	for _, c := range chapters() {
		queries = append(queries, c.query)
	}
	told := strings.Join(queries, "\n")
	tables := tablesAbout(t, "REFERENCES account(id)")
	if len(tables) < 12 {
		t.Fatalf("only %v refer to accounts: the search is broken", tables)
	}
	for _, table := range tables {
		_, left := untold[table]
		if found := regexp.MustCompile(`(FROM|JOIN) ` + table + ` `).MatchString(told); found == left {
			t.Errorf("table %s: told %v, left out %v", table, found, left)
		}
	}
}

// tablesAbout lists the tables of the schema whose definition holds the words.
func tablesAbout(t *testing.T, words string) []string {
	t.Helper()
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	about := map[string]bool{}
	step := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);|DROP TABLE (\w+);|ALTER TABLE (\w+) RENAME TO (\w+);`)
	for _, name := range names {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range step.FindAllStringSubmatch(string(text), -1) {
			switch {
			case m[1] != "":
				about[m[1]] = strings.Contains(m[2], words)
			case m[3] != "":
				delete(about, m[3])
			default:
				about[m[5]] = about[m[4]]
				delete(about, m[4])
			}
		}
	}
	maps.DeleteFunc(about, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(about))
}
