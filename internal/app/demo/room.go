package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// furnish leaves in the Sub Space what an evening does not bring by itself: threads,
// an update, a poll, words of welcome, the next date, a goal for the overlay, and the
// channel's emotes.
func (s *stage) furnish(ctx context.Context) error {
	for _, set := range []struct {
		path string
		in   map[string]any
	}{
		{"/space/setup", map[string]any{
			"welcome": "Recipes, failures and first looks. Ask me anything, I answer on camera.",
			"line":    "Tonight: the recipe of the blue", "tell_line": true,
		}},
		{"/overlay/setup", map[string]any{"goal_on": true, "goal_of": 10, "goal_words": "A new kiln"}},
	} {
		if err := s.creator.call(ctx, "PATCH", channelPath+set.path, set.in, nil); err != nil {
			return err
		}
	}
	if err := s.creator.call(ctx, "POST", channelPath+"/schedule", map[string]any{
		"title": "Opening the kiln together", "starts": time.Now().Add(46 * time.Hour).Truncate(time.Hour).Format(time.RFC3339), "minutes": 90,
	}, nil); err != nil {
		return err
	}
	if err := s.emotes(ctx); err != nil {
		return err
	}
	if err := s.threads(ctx); err != nil {
		return err
	}
	return s.poll(ctx)
}

func (s *stage) threads(ctx context.Context) error {
	type post struct {
		who  *person
		text string
	}
	sub := s.subscribers
	for _, t := range []struct {
		want  map[string]any
		posts []post
	}{
		{map[string]any{"prompt": "introduce"}, []post{
			{sub[1], "Bastien, Lyon. I throw on Sundays and break on Mondays."}, {sub[2], "Priya, hobby kiln on a balcony, patient neighbours."},
		}},
		{map[string]any{"title": "Glaze tests, with pictures of the failures"}, []post{
			{sub[5], "Rutile over white, cone 6: brown at the edges, blue in the folds."},
			{sub[3], "Same here until I sieved it twice."},
			{s.creator, "Sieve it a third time and tell nobody."},
		}},
		{map[string]any{"title": "The Lune goes in tonight", "kind": "update"}, []post{
			{s.creator, "The Lune goes in tonight. If the shoulder holds, the next ten are yours first."},
		}},
	} {
		var opened struct{ ID string }
		if err := s.creator.call(ctx, "POST", channelPath+"/threads", t.want, &opened); err != nil {
			return err
		}
		for _, p := range t.posts {
			if err := p.who.call(ctx, "POST", channelPath+"/threads/"+opened.ID+"/messages", map[string]any{"key": rand.Text(), "text": p.text}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// poll asks those inside, most of whom have chosen already.
func (s *stage) poll(ctx context.Context) error {
	var opened struct{ ID string }
	if err := s.creator.call(ctx, "POST", channelPath+"/polls", map[string]any{
		"key": rand.Text(), "room": "space", "question": "What shall I fire full size?", "changeable": true,
		"options": []string{"The tall Lune", "The small bowls", "The lidded jar"},
	}, &opened); err != nil {
		return err
	}
	for i, p := range s.subscribers[1:] { // the guest's vote is the guest's
		if err := p.call(ctx, "PUT", channelPath+"/polls/"+opened.ID+"/vote", map[string]any{"option": i % 4 % 3}, nil); err != nil {
			return fmt.Errorf("vote: %w", err)
		}
	}
	return nil
}
