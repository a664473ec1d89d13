package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// suite is what is known of one package while its tests run.
type suite struct {
	outcome map[string]string   // by test: pass, fail or skip
	output  map[string][]string // by test; "" is the package itself
	cached  bool
}

// readGo shows one line a package, and all that failing tests have printed.
func readGo(r io.Reader, w io.Writer, fresh bool) (counts, error) {
	suites := map[string]*suite{}
	var total counts
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(w, lines.Text()) // not go test's own: the tool chain speaks
			continue
		}
		if e.Package == "" { // the output of a build that failed
			fmt.Fprint(w, e.Output)
			continue
		}
		s := suites[e.Package]
		if s == nil {
			s = &suite{outcome: map[string]string{}, output: map[string][]string{}}
			suites[e.Package] = s
		}
		s.note(e)
		if e.Test == "" && slices.Contains([]string{"pass", "fail", "skip"}, e.Action) {
			c := s.counts(e.Action)
			s.show(w, e, c)
			if !fresh || !s.cached {
				total = total.plus(c)
			}
			delete(suites, e.Package)
		}
	}
	for name := range suites { // go test itself was ended in the middle
		fmt.Fprintf(w, "FAIL  %s: no result\n", name)
		total.Failed++
	}
	return total, lines.Err()
}

func (s *suite) note(e event) {
	switch e.Action {
	case "output":
		s.output[e.Test] = append(s.output[e.Test], e.Output)
		s.cached = s.cached || e.Test == "" && strings.HasSuffix(e.Output, "(cached)\n")
	case "pass", "fail", "skip":
		if e.Test != "" {
			s.outcome[e.Test] = e.Action
		}
	case "run":
		s.outcome[e.Test] = "fail" // until it says otherwise: a panic never does
	}
}

// counts counts innermost tests, and an outer one only when it failed by itself.
func (s *suite) counts(action string) counts {
	var c counts
	for test, outcome := range s.outcome {
		inner, innerFailed := s.inside(test)
		switch {
		case inner && (outcome != "fail" || innerFailed):
		case outcome == "fail":
			c.Failed++
		case outcome == "skip":
			c.Skipped++
		default:
			c.Passed++
		}
	}
	if action == "fail" && c.Failed == 0 {
		c.Failed = 1
	}
	return c
}

func (s *suite) inside(test string) (inner, failed bool) {
	for other, outcome := range s.outcome {
		if strings.HasPrefix(other, test+"/") {
			inner, failed = true, failed || outcome == "fail"
		}
	}
	return inner, failed
}

// figures returns what tests measured: lines with "figure: ", or with a median.
func (s *suite) figures() []string {
	var found []string
	for _, test := range slices.Sorted(maps.Keys(s.output)) {
		for _, line := range s.output[test] {
			if _, text, ok := strings.Cut(line, "figure: "); ok {
				found = append(found, text)
			} else if strings.Contains(line, " median ") {
				found = append(found, strings.TrimLeft(line, " "))
			}
		}
	}
	return found
}

func (s *suite) show(w io.Writer, e event, c counts) {
	switch {
	case e.Action == "fail":
		for _, test := range slices.Sorted(maps.Keys(s.output)) {
			if test == "" || s.outcome[test] == "fail" {
				fmt.Fprint(w, strings.Join(s.output[test], ""))
			}
		}
		fmt.Fprintf(w, "FAIL  %s: %v\n", e.Package, c)
	case c != counts{}:
		state := ""
		if s.cached {
			state = " (cached)"
		}
		fmt.Fprintf(w, "ok    %s: %v in %.1f s%s\n", e.Package, c, e.Elapsed, state)
		for _, line := range s.figures() {
			fmt.Fprint(w, "      ", line)
		}
	}
}
