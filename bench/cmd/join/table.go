package main

import (
	"fmt"
	"slices"

	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/report"
)

// table shows what each server took, and how an opponent compares in each round.
func table(rows []row) string {
	t := report.Table{Head: []string{"server", "s until all are in", "CPU µs/join", "of it user", "p50 ms", "p99 ms", "KiB/conn", "with kernel", "CPU ÷ Subspace", "valid"}}
	var servers []string
	for _, r := range rows {
		if !slices.Contains(servers, r.Server) {
			servers = append(servers, r.Server)
		}
	}
	for _, server := range servers {
		of := func(f func(row) float64) report.Spread {
			var values []float64
			for _, r := range rows {
				if r.Server == server && r.CPU > 0 {
					values = append(values, f(r))
				}
			}
			return report.Of(values)
		}
		valid, all := 0, 0
		for _, r := range rows {
			if r.Server == server {
				all++
				if r.Valid {
					valid++
				}
			}
		}
		t.Add(server, of(func(r row) float64 { return r.Seconds }).String(), of(func(r row) float64 { return r.CPU }).String(),
			of(func(r row) float64 { return r.User }).String(), of(func(r row) float64 { return r.P50 }).String(),
			of(func(r row) float64 { return r.P99 }).String(), of(func(r row) float64 { return r.RSS }).String(),
			of(func(r row) float64 { return r.RSS + r.Kernel }).String(), ratio(rows, server).String(), fmt.Sprintf("%d of %d", valid, all))
	}
	return fmt.Sprintf("### join, N = %d\n\nMedian (lowest–highest) of the rounds.\n\n%s", rows[0].N, t.Markdown())
}

// ratio divides an opponent's CPU by ours of the same round.
func ratio(rows []row, server string) report.Spread {
	var values []float64
	for _, their := range rows {
		for _, our := range rows {
			if their.Server == server && our.Server == contender.Subspace && our.Round == their.Round && our.CPU > 0 && their.CPU > 0 {
				values = append(values, their.CPU/our.CPU)
			}
		}
	}
	return report.Of(values)
}
