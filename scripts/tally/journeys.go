package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

type playwrightSuite struct {
	Suites []playwrightSuite
	Specs  []struct {
		Title string
		Tests []struct {
			Results []struct {
				Errors []struct {
					Message  string
					Location struct {
						File string
						Line int
					}
				}
			}
		}
	}
}

// readPlaywright counts journeys, and repeats at the end of a log, after all that is
// said about pictures, what failed in which line.
func readPlaywright(r io.Reader, out io.Writer) (counts, error) {
	var report struct {
		Stats  struct{ Expected, Unexpected, Flaky, Skipped int }
		Suites []playwrightSuite
		Errors []any
	}
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return counts{}, fmt.Errorf("read playwright's report: %w", err)
	}
	for _, s := range report.Suites {
		s.tell(out)
	}
	// A flaky journey failed once: there are no retries to hide it.
	return counts{report.Stats.Expected, report.Stats.Unexpected + report.Stats.Flaky + len(report.Errors), report.Stats.Skipped}, nil
}

// messageLines is how much of a message is repeated.
const messageLines = 12

func (s playwrightSuite) tell(out io.Writer) {
	colours := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, inner := range s.Suites {
		inner.tell(out)
	}
	for _, spec := range s.Specs {
		for _, test := range spec.Tests {
			for _, result := range test.Results {
				for _, e := range result.Errors {
					lines := strings.Split(colours.ReplaceAllString(e.Message, ""), "\n")
					fmt.Fprintf(out, "%s failed at %s:%d\n", spec.Title, filepath.Base(e.Location.File), e.Location.Line)
					for _, line := range lines[:min(len(lines), messageLines)] {
						fmt.Fprintf(out, "    %s\n", line)
					}
				}
			}
		}
	}
}
