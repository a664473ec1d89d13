package stand

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/report"
)

// Serve is the life of a stand's process: it takes its order, brings everybody
// in, and answers until there is nothing more to read.
func Serve(in io.Reader, out io.Writer) error {
	hear, say := json.NewDecoder(in), json.NewEncoder(out)
	var first question
	if err := hear.Decode(&first); err != nil {
		return fmt.Errorf("take an order: %w", err)
	}
	if first.Order == nil {
		return errors.New("take an order: there is none")
	}
	c, err := join(*first.Order)
	if err != nil {
		return say.Encode(answer{Error: err.Error()})
	}
	defer c.Close()
	if err := say.Encode(answer{}); err != nil {
		return err
	}
	for {
		var q question
		if err := hear.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("hear a question: %w", err)
		}
		if q.Begin {
			c.Begin()
		}
		if err := say.Encode(answer{Account: look(c, q)}); err != nil {
			return err
		}
	}
}

func join(o Order) (*crowd.Crowd, error) {
	return crowd.Join(context.Background(), crowd.Options{ // the other process ends this one
		Address: o.Room.Host, N: o.N, Dialect: o.Room, Window: o.Window, From: o.From, Within: o.Within, Strict: true,
	})
}

func look(c *crowd.Crowd, q question) Account {
	tally := c.Tally()
	a := Account{Count: Count{Delivered: tally.Delivered, Closed: tally.Closed}}
	if q.Account {
		w := c.Seen()
		a.Uneven, a.OutOfOrder, a.Repeated, a.Skips = c.Uneven(q.Each), w.OutOfOrder, w.Repeated, w.Skips
		a.P50, a.P99, a.Most = report.Percentile(w.Delays, 0.5), report.Percentile(w.Delays, 0.99), report.Percentile(w.Delays, 1)
	}
	return a
}
