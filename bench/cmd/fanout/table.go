package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/report"
)

// cell is all rounds of one server at one rate of one size of one class.
type cell struct {
	class  string
	n      int
	rate   float64
	server string
}

func (r row) cell() cell { return cell{r.Class, r.N, r.Rate, r.Server} }

// tables shows every class and size by itself.
func tables(rows []row) string {
	var b strings.Builder
	var shown []string
	for _, r := range rows {
		title := fmt.Sprintf("%s, N = %d", r.Class, r.N)
		if slices.Contains(shown, title) {
			continue
		}
		shown = append(shown, title)
		var own []row
		for _, o := range rows {
			if o.Class == r.Class && o.N == r.N {
				own = append(own, o)
			}
		}
		b.WriteString("### " + title + "\n\nMedian (lowest–highest) of the rounds.\n\n" + costs(own) + "\n" + ratios(own) + "\n")
	}
	return b.String()
}

// costs shows what each server takes.
func costs(rows []row) string {
	t := report.Table{Head: []string{
		"msg/s", "server", "KiB/conn", "with kernel", "after load", "CPU µs/delivery", "of it user", "p50 ms", "p99 ms", "join µs", "reads/msg", "B/msg", "valid",
	}}
	for _, c := range cells(rows) {
		own := of(rows, c)
		valid := 0
		for _, r := range own {
			if r.Valid {
				valid++
			}
		}
		show := func(f func(row) float64) string { return spread(own, f).String() }
		t.Add(fmt.Sprint(c.rate), c.server, show(memory), show(withKernel), show(func(r row) float64 { return r.RSSAfter }),
			show(cpu), show(func(r row) float64 { return r.User }),
			show(func(r row) float64 { return r.P50 }), show(func(r row) float64 { return r.P99 }),
			show(join), show(func(r row) float64 { return r.Reads }), show(func(r row) float64 { return r.Bytes }),
			fmt.Sprintf("%d of %d", valid, len(own)))
	}
	return t.Markdown()
}

// ratios compares within each round: an opponent's cost divided by ours.
func ratios(rows []row) string {
	t := report.Table{Head: []string{"msg/s", "opponent ÷ Subspace", "KiB/conn", "with kernel", "CPU/delivery", "join CPU", "both carry it"}}
	for _, c := range cells(rows) {
		if c.server == contender.Subspace {
			continue
		}
		show := func(f func(row) float64) string { return ratio(rows, c, f).String() }
		if c.server == contender.Floor {
			t.Add(fmt.Sprint(c.rate), c.server, "–", "–", show(cpu), "–", carried(rows, c))
			continue
		}
		t.Add(fmt.Sprint(c.rate), c.server, show(memory), show(withKernel), show(cpu), show(join), carried(rows, c))
	}
	return t.Markdown() + highest(rows)
}

// highest compares at the highest rate that Subspace and an opponent both carry,
// where there are several.
func highest(rows []row) string {
	best := map[string]cell{}
	all := cells(rows)
	several := len(all) > 0 && all[0].rate != all[len(all)-1].rate
	for _, c := range all { // rates ascend
		if several && c.server != contender.Subspace && bothCarry(rows, c) {
			best[c.server] = c
		}
	}
	text := ""
	for _, server := range slices.Sorted(maps.Keys(best)) {
		c := best[server]
		text += fmt.Sprintf("\nThe highest rate that Subspace and %s both carry is %g/s: CPU per delivery ÷ Subspace = %s.\n", server, c.rate, ratio(rows, c, cpu))
	}
	return text
}

func bothCarry(rows []row, c cell) bool {
	all := pairs(rows, c)
	for _, p := range all {
		if !p[0].Valid || !p[1].Valid {
			return false
		}
	}
	return len(all) > 0
}

func memory(r row) float64     { return r.RSS }
func withKernel(r row) float64 { return r.RSS + r.Kernel }
func cpu(r row) float64        { return r.CPU }
func join(r row) float64       { return r.JoinCPU }

// cells lists what there are rows of, rates together.
func cells(rows []row) []cell {
	var all []cell
	for _, r := range rows {
		if !slices.Contains(all, r.cell()) {
			all = append(all, r.cell())
		}
	}
	slices.SortStableFunc(all, func(a, b cell) int {
		switch {
		case a.rate < b.rate:
			return -1
		case a.rate > b.rate:
			return 1
		}
		return 0
	})
	return all
}

func of(rows []row, c cell) []row {
	var own []row
	for _, r := range rows {
		if r.cell() == c {
			own = append(own, r)
		}
	}
	return own
}

// spread leaves out only rows that were never measured.
func spread(rows []row, f func(row) float64) report.Spread {
	var values []float64
	for _, r := range rows {
		if r.Delivered > 0 {
			values = append(values, f(r))
		}
	}
	return report.Of(values)
}

// pairs returns an opponent's rows with ours of the same round.
func pairs(rows []row, c cell) [][2]row {
	ours := c
	ours.server = contender.Subspace
	var all [][2]row
	for _, their := range of(rows, c) {
		for _, our := range of(rows, ours) {
			if our.Round == their.Round {
				all = append(all, [2]row{their, our})
			}
		}
	}
	return all
}

func ratio(rows []row, c cell, f func(row) float64) report.Spread {
	var values []float64
	for _, p := range pairs(rows, c) {
		if p[0].Delivered > 0 && p[1].Delivered > 0 && f(p[1]) > 0 {
			values = append(values, f(p[0])/f(p[1]))
		}
	}
	return report.Of(values)
}

// carried says in how many rounds both rows were valid.
func carried(rows []row, c cell) string {
	all := pairs(rows, c)
	valid := 0
	for _, p := range all {
		if p[0].Valid && p[1].Valid {
			valid++
		}
	}
	return fmt.Sprintf("%d of %d", valid, len(all))
}
