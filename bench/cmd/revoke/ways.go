package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/subspace-live/subspace/bench/internal/place"
)

// way is one way in which members lose their right.
type way struct {
	// enter makes n people who have the right.
	enter func(ctx context.Context, s *stage, n int) ([]place.Person, error)
	// ready is called once all are inside; nil when there is nothing to prepare.
	ready func(ctx context.Context, s *stage) error
	// take is the call that takes the right of a member; nil when the clock does.
	take func(s *stage, member place.Person) (path string, body map[string]any)
	// lost says whether an event of the channel's log is the loss.
	lost func(e businessEvent) bool
}

func ways() map[string]way {
	return map[string]way{
		"ban": {
			enter: paying,
			take: func(_ *stage, member place.Person) (string, map[string]any) {
				return "/sanctions", map[string]any{"account": member.ID, "kind": "ban", "reason": "bench"}
			},
			lost: func(e businessEvent) bool { return e.Kind == "sanction.imposed" },
		},
		"refund": {
			enter: paying,
			ready: readSales,
			take: func(s *stage, member place.Person) (string, map[string]any) {
				return "/sales/" + s.sales[member.Name] + "/refund", map[string]any{}
			},
			lost: func(e businessEvent) bool { return e.Kind == "grant.changed" && e.Data.Why == "refunded" },
		},
		"expiry": {enter: given},
	}
}

// named returns the ways of a list, or says which there are.
func named(list string) ([]string, error) {
	names := strings.Split(list, ",")
	for _, name := range names {
		if _, known := ways()[name]; !known {
			return nil, fmt.Errorf("there is no way %q, only %s", name, strings.Join(slices.Sorted(maps.Keys(ways())), ", "))
		}
	}
	return names, nil
}

func paying(ctx context.Context, s *stage, n int) ([]place.Person, error) {
	return s.nodes[0].Members(ctx, n, handle)
}

// expiryAfter is how long after it was given a right ends: long enough for all to
// enter.
const expiryAfter = 75 * time.Second

// given makes people whose rights end together.
func given(ctx context.Context, s *stage, n int) ([]place.Person, error) {
	people, err := s.nodes[0].Full(ctx, n)
	if err != nil {
		return nil, err
	}
	s.ends = time.Now().Add(expiryAfter).Truncate(time.Millisecond)
	stays := s.ends.Add(time.Hour)
	err = s.each(ctx, 16, n, func(ctx context.Context, c *place.Caller, i int) error {
		until := s.ends
		if i >= s.leaving {
			until = stays
		}
		right := map[string]any{"name": people[i].Name, "source": "comp", "until": until.UTC().Format(time.RFC3339Nano), "key": rand.Text()}
		return c.Call(ctx, s.owner, "POST", "/api/channels/"+handle+"/rights", right, nil)
	})
	return people, err
}

// readSales learns which sale is whose.
func readSales(ctx context.Context, s *stage) error {
	c := place.NewCaller(s.nodes[0].URL, "127.0.2.1")
	defer c.Close()
	s.sales = map[string]string{}
	for query := ""; ; {
		var page struct {
			Sales []struct{ ID, Provider, Buyer string }
		}
		if err := c.Call(ctx, s.owner, "GET", "/api/channels/"+handle+"/sales"+query, nil, &page); err != nil {
			return fmt.Errorf("read the sales: %w", err)
		}
		if len(page.Sales) == 0 {
			return nil
		}
		for _, sale := range page.Sales {
			s.sales[sale.Buyer] = sale.Provider + "/" + sale.ID
		}
		last := page.Sales[len(page.Sales)-1]
		query = "?provider=" + last.Provider + "&after=" + last.ID
	}
}
