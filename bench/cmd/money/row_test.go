package main

import (
	"strings"
	"testing"
)

func TestFiguresAreReadFromAGoBenchmark(t *testing.T) {
	const text = "goos: linux\nBenchmarkGift/together-2         \t   20000\t     32528 ns/op\t     30742 gifts/s\t         6.154 p50-ms\t        18.18 p99-ms\nPASS\n"
	r := row{Way: "together"}
	if !r.read(trials()["gift"], text) || r.Rate != 30742 || r.Transfers != 3*30742 || r.P50 != 6.154 || r.P99 != 18.18 {
		t.Errorf("read %+v", r)
	}
	if other := (row{Way: "plain"}); other.read(trials()["gift"], text) {
		t.Errorf("read %+v for another way", other)
	}
}

func TestTheFloorIsOfSetsOnEachDatabase(t *testing.T) {
	rows := []row{
		{What: "gift", Database: "sqlite", Way: "together", Round: 1, Rate: 5000, Valid: true},
		{What: "gift", Database: "sqlite", Way: "plain", Round: 1, Rate: 500, Valid: true},
		{What: "gift", Database: "postgres", Way: "together", Round: 1, Rate: 1500, Valid: true},
		{What: "gift", Database: "postgres", Way: "together", Round: 2, Rate: 9000},
	}
	for floor, fails := range map[float64]bool{0: false, 1500: false, 2000: true} {
		if err := holds(rows, floor); (err != nil) != fails {
			t.Errorf("%.0f: %v", floor, err)
		}
	}
	if text := tables(rows); !strings.Contains(text, "| 10.0 ") || !strings.Contains(text, "1 of 2") {
		t.Error(text)
	}
	if err := holds([]row{{What: "gift", Database: "sqlite", Way: "together", Why: "it failed"}}, 1); err == nil {
		t.Error("nothing valid was enough")
	}
}

func TestEventsAreComparedByHowSoonTheyAreApplied(t *testing.T) {
	const text = "BenchmarkEvent/sharded-2 2000 500000 ns/op 199.0 events/s 10.0 p50-ms 20.0 p99-ms\n"
	r := row{What: "event", Database: "sqlite", Way: "sharded", Round: 1, Valid: true}
	if !r.read(trials()["event"], text) || r.Rate != 199 || r.Transfers != 0 || r.P50 != 10 {
		t.Errorf("read %+v", r)
	}
	rows := []row{r, {What: "event", Database: "sqlite", Way: "plain", Round: 1, Rate: 150, P50: 55, P99: 90, Valid: true}}
	if table := tables(rows); !strings.Contains(table, "5.50") || strings.Contains(table, "gifts") {
		t.Error(table)
	}
}
