// Command tally shows test results as they come and keeps count of them.
//
//	go test -json ./... | tally -into FILE go
//	tally -into FILE vitest report.json
//	tally -into FILE playwright report.json
//	tally -into FILE sum
//
// Owns: the figures "passed, failed, skipped" of a run of make test.
//
// Promises: a test counts once, at its innermost name; a package that fails
// without a failing test (it does not build, it panics) counts as a failure;
// the exit status is non-zero when anything failed.
//
// Does not do: running tests, or judging a test that was skipped; it says how
// many were.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
)

func main() {
	into := flag.String("into", "", "file that keeps the count from one call to the next")
	fresh := flag.Bool("fresh", false, "leave out packages whose result came from the cache")
	flag.Parse()
	if err := run(*into, *fresh, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
}

var errFailed = errors.New("tests failed")

func run(into string, fresh bool, args []string) error {
	if into == "" || len(args) == 0 {
		return errors.New("usage: tally -into FILE (go | vitest REPORT | playwright REPORT | fail | sum)")
	}
	before, err := load(into)
	if err != nil {
		return err
	}
	if args[0] == "sum" {
		fmt.Println(before)
		return nil
	}
	now, err := count(args, fresh)
	if err != nil {
		return err
	}
	if err := save(into, before.plus(now)); err != nil {
		return err
	}
	if args[0] != "fail" {
		fmt.Println(now)
	}
	if now.Failed > 0 {
		return errFailed
	}
	return nil
}

func count(args []string, fresh bool) (counts, error) {
	switch {
	case args[0] == "go":
		return readGo(os.Stdin, os.Stdout, fresh)
	case args[0] == "fail": // a check that is no test, such as a linter
		return counts{Failed: 1}, nil
	case args[0] == "vitest" && len(args) == 2:
		return readReport(args[1], readVitest)
	case args[0] == "playwright" && len(args) == 2:
		return readReport(args[1], func(r io.Reader) (counts, error) { return readPlaywright(r, os.Stdout) })
	}
	return counts{}, fmt.Errorf("unknown kind of result %q", args)
}

type counts struct{ Passed, Failed, Skipped int }

func (c counts) plus(d counts) counts {
	return counts{c.Passed + d.Passed, c.Failed + d.Failed, c.Skipped + d.Skipped}
}

// String is the line that ends a run: a reader of CI logs looks for its words.
func (c counts) String() string {
	s := fmt.Sprintf("%d passed, %d failed", c.Passed, c.Failed)
	if c.Skipped > 0 {
		s += fmt.Sprintf(", %d skipped", c.Skipped)
	}
	return s
}

func load(name string) (counts, error) {
	var c counts
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(b, &c)
}

func save(name string, c counts) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o644)
}

func readReport(name string, read func(io.Reader) (counts, error)) (counts, error) {
	f, err := os.Open(name)
	if err != nil {
		return counts{}, err
	}
	c, err := read(f)
	return c, errors.Join(err, f.Close())
}

func readVitest(r io.Reader) (counts, error) {
	var report struct {
		NumPassedTests, NumFailedTests, NumPendingTests, NumTodoTests int
		NumFailedTestSuites                                           int
		Success                                                       bool
	}
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return counts{}, fmt.Errorf("read vitest's report: %w", err)
	}
	c := counts{report.NumPassedTests, report.NumFailedTests, report.NumPendingTests + report.NumTodoTests}
	if c.Failed == 0 && !report.Success {
		c.Failed = max(1, report.NumFailedTestSuites)
	}
	return c, nil
}
