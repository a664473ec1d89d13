package main

import (
	"strings"
	"testing"
)

func TestFiguresAreReadFromAGoBenchmark(t *testing.T) {
	const text = "goos: linux\nBenchmarkGift/together-2         \t   20000\t     32528 ns/op\t     30742 gifts/s\t         6.154 p50-ms\t        18.18 p99-ms\nPASS\n"
	r := row{Way: "together"}
	if !r.read(text) || r.Rate != 30742 || r.Transfers != 3*30742 || r.P50 != 6.154 || r.P99 != 18.18 {
		t.Errorf("read %+v", r)
	}
	if other := (row{Way: "plain"}); other.read(text) {
		t.Errorf("read %+v for another way", other)
	}
}

func TestTheFloorIsOfSetsOnEachDatabase(t *testing.T) {
	rows := []row{
		{Database: "sqlite", Way: "together", Round: 1, Rate: 5000, Valid: true},
		{Database: "sqlite", Way: "plain", Round: 1, Rate: 500, Valid: true},
		{Database: "postgres", Way: "together", Round: 1, Rate: 1500, Valid: true},
		{Database: "postgres", Way: "together", Round: 2, Rate: 9000},
	}
	for floor, fails := range map[float64]bool{0: false, 1500: false, 2000: true} {
		if err := holds(rows, floor); (err != nil) != fails {
			t.Errorf("%.0f: %v", floor, err)
		}
	}
	if text := table(rows); !strings.Contains(text, "| 10.0 ") || !strings.Contains(text, "1 of 2") {
		t.Error(text)
	}
	if err := holds([]row{{Database: "sqlite", Way: "together", Why: "it failed"}}, 1); err == nil {
		t.Error("nothing valid was enough")
	}
}
