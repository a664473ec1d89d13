package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func goEvents(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func TestGoResultsAreCountedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		fresh  bool
		want   counts
		shows  string
	}{
		"inner tests count, the outer one does not": {
			stream: goEvents(
				`{"Action":"run","Package":"p","Test":"A"}`,
				`{"Action":"run","Package":"p","Test":"A/x"}`,
				`{"Action":"run","Package":"p","Test":"A/y"}`,
				`{"Action":"pass","Package":"p","Test":"A/x"}`,
				`{"Action":"skip","Package":"p","Test":"A/y"}`,
				`{"Action":"pass","Package":"p","Test":"A"}`,
				`{"Action":"pass","Package":"p","Elapsed":1.5}`),
			want: counts{Passed: 1, Skipped: 1}, shows: "ok    p: 1 passed, 0 failed, 1 skipped in 1.5 s",
		},
		"an outer test that fails by itself counts": {
			stream: goEvents(
				`{"Action":"run","Package":"p","Test":"A"}`,
				`{"Action":"run","Package":"p","Test":"A/x"}`,
				`{"Action":"pass","Package":"p","Test":"A/x"}`,
				`{"Action":"output","Package":"p","Test":"A","Output":"what went wrong\n"}`,
				`{"Action":"fail","Package":"p","Test":"A"}`,
				`{"Action":"fail","Package":"p"}`),
			want: counts{Passed: 1, Failed: 1}, shows: "what went wrong",
		},
		"a package that does not build counts": {
			stream: goEvents(
				`{"ImportPath":"p","Action":"build-output","Output":"p.go:1: no\n"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p"}`),
			want: counts{Failed: 1}, shows: "p.go:1: no",
		},
		"a test that panics counts": {
			stream: goEvents(
				`{"Action":"run","Package":"p","Test":"A"}`,
				`{"Action":"output","Package":"p","Test":"A","Output":"panic: no\n"}`,
				`{"Action":"fail","Package":"p"}`),
			want: counts{Failed: 1}, shows: "panic: no",
		},
		"a run ended in the middle counts": {
			stream: goEvents(`{"Action":"start","Package":"p"}`),
			want:   counts{Failed: 1}, shows: "no result",
		},
		"a result from the cache can be left out": {
			stream: goEvents(
				`{"Action":"pass","Package":"p","Test":"A"}`,
				`{"Action":"output","Package":"p","Output":"ok  \tp\t(cached)\n"}`,
				`{"Action":"pass","Package":"p"}`),
			fresh: true, want: counts{}, shows: "(cached)",
		},
		"a figure is shown": {
			stream: goEvents(
				`{"Action":"output","Package":"p","Test":"A","Output":"    a_test.go:9: figure: door closed in 80 ms\n"}`,
				`{"Action":"pass","Package":"p","Test":"A"}`,
				`{"Action":"pass","Package":"p"}`),
			want: counts{Passed: 1}, shows: "      door closed in 80 ms\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var shown bytes.Buffer
			got, err := readGo(strings.NewReader(c.stream), &shown, c.fresh)
			if err != nil || got != c.want || !strings.Contains(shown.String(), c.shows) {
				t.Errorf("%v, %v; want %v\n%s", got, err, c.want, shown.String())
			}
		})
	}
}

func TestReportsOfTheOtherRunners(t *testing.T) {
	for name, c := range map[string]struct {
		read   func(string) (counts, error)
		report string
		want   counts
	}{
		"vitest":                       {vitest, `{"numPassedTests":3,"numFailedTests":1,"numPendingTests":2,"success":false}`, counts{3, 1, 2}},
		"vitest, a file did not load":  {vitest, `{"numPassedTests":3,"success":false,"numFailedTestSuites":2}`, counts{Passed: 3, Failed: 2}},
		"playwright":                   {playwright, `{"stats":{"expected":5,"skipped":1}}`, counts{Passed: 5, Skipped: 1}},
		"playwright, flaky is failing": {playwright, `{"stats":{"expected":5,"flaky":1},"errors":[{}]}`, counts{Passed: 5, Failed: 2}},
	} {
		if got, err := c.read(c.report); err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}

func vitest(s string) (counts, error)     { return readVitest(strings.NewReader(s)) }
func playwright(s string) (counts, error) { return readPlaywright(strings.NewReader(s), io.Discard) }

// What failed stands at the end of the log too, without colours and in few lines.
func TestAFailedJourneyIsTold(t *testing.T) {
	var out strings.Builder
	_, err := readPlaywright(strings.NewReader(`{"suites":[{"specs":[{"title":"the queue","tests":[{"results":[{"errors":[
		{"message":"\u001b[31mError\u001b[39m: not there\n`+strings.Repeat(`again\n`, 40)+`","location":{"file":"/x/journeys/queue.spec.ts","line":99}}]}]}]}]}],"stats":{"unexpected":1}}`), &out)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "the queue failed at queue.spec.ts:99\n    Error: not there\n    again\n") || strings.Count(out.String(), "\n") != 1+messageLines {
		t.Errorf("told: %s", out.String())
	}
}

func TestCountsAreKeptFromCallToCall(t *testing.T) {
	name := filepath.Join(t.TempDir(), "counts")
	for range 2 {
		before, err := load(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := save(name, before.plus(counts{Passed: 2})); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := load(name); err != nil || got.String() != "4 passed, 0 failed" {
		t.Errorf("%v, %v", got, err)
	}
}
