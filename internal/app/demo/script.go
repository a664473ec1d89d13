package demo

import (
	"context"
	"crypto/rand"
	"slices"
	"time"
)

// line is something said in a room after a pause.
type line struct {
	after time.Duration
	who   *person
	room  string
	text  string
}

const (
	quick = 1800 * time.Millisecond
	calm  = 5 * time.Second
)

// publicLines is the public chat, over and over.
func (s *stage) publicLines() []line {
	v, sub, c := s.viewers, s.subscribers, s.creator
	say := func(who *person, text string) line { return line{quick, who, "public", text} }
	return []line{
		say(v[1], "hello from Lisbon 👋"), say(v[2], "first time here, is it stoneware?"),
		{2 * quick, c, "public", "Stoneware, yes. Fired at 1,240 °C."},
		say(v[3], "hello from the bakery, bread is in"), say(sub[4], "that blue is unreal in this light"),
		say(v[4], "how long does one firing take?"), say(v[5], "good evening from Brno"),
		{2 * quick, c, "public", "Nine hours up, a whole night down. Patience is the glaze."},
		say(sub[2], "she explains the whole recipe in the Sub Space"), say(v[6], "bonsoir tout le monde :bowl:"),
		say(v[7], "do you ship to Berlin?"), say(v[8], "the wheel noise is so calming"),
		{3 * quick, c, "public", "Everywhere but the moon. Wrapped in straw."},
		say(v[9], "😍 :bowl:"), say(sub[1], "mine arrived last week, not a chip :lune:"),
		say(v[2], "c'est magnifique cette couleur"), say(v[4], "is that a trimming tool or a spoon?"),
		say(v[3], "a spoon, surely"),
		{2 * quick, c, "public", "A spoon! Grandmother's. Do not tell her."},
		say(v[6], "your secret is safe with 18 people"), say(v[1], "one more coat?"),
		say(sub[5], "never one more coat"), say(v[8], "that line at the shoulder, so clean"),
	}
}

// spaceLines is the talk in the Sub Space.
func (s *stage) spaceLines() []line {
	sub, c := s.subscribers, s.creator
	say := func(who *person, text string) line { return line{calm, who, "space", text} }
	return []line{
		say(sub[2], "Is the cone 6 batch from the same clay as in October?"),
		say(c, "Same clay, new bag. I wedged it twice."),
		say(sub[3], "I finally threw a lid that fits"), say(sub[1], "Mine crawled at the foot every time until I sieved it, thank you"),
		say(sub[4], "Voting for the tall one on the next kiln"),
		say(c, "The recipe you asked for: three parts cobalt, one part rutile, and the part nobody writes down: sieve it twice."),
		say(sub[5], "Sharing my test tiles on Sunday, the rutile goes from left to right"),
		say(sub[6], "Saving this. Merci Inès ! :flame::flame:"), say(c, "You are the reason the kiln is full."),
		say(sub[0], "That is my question in the queue, hello everyone"),
	}
}

// talk says the lines one after the other, over and over.
func (s *stage) talk(ctx context.Context, lines []line) error {
	for i := 0; ctx.Err() == nil; i++ {
		l := lines[i%len(lines)]
		pause(ctx, l.after)
		if err := l.who.say(ctx, l.room, l.text); err != nil && ctx.Err() == nil {
			s.log.Debug("demo line not said", "err", err)
		}
	}
	return nil
}

// ask puts questions into the queue: a few at once, then now and then.
func (s *stage) ask(ctx context.Context) error {
	questions := []struct {
		who       int
		anonymous bool
		text      string
	}{
		{0, false, "How do you stop the drips at the shoulder?"},
		{1, false, "Is rutile worth it below cone 6, or does it only go brown?"},
		{4, false, "Could you show the foot before it goes in?"},
		{3, true, "What do you do with the pieces that crack?"},
		{5, false, "Which clay do you throw when you want this white?"},
		{6, true, "Will you fire the test tiles in the same kiln?"},
	}
	for i := 0; ctx.Err() == nil; i++ {
		q := questions[i%len(questions)]
		if err := s.subscribers[q.who].call(ctx, "POST", channelPath+"/questions", map[string]any{
			"key": rand.Text(), "text": q.text, "anonymous": q.anonymous,
		}, nil); err != nil && ctx.Err() == nil {
			s.log.Debug("demo question not asked", "err", err)
		}
		if i < 4 {
			pause(ctx, time.Second)
		} else {
			pause(ctx, 50*time.Second)
		}
	}
	return nil
}

// answer takes the oldest waiting question on air, talks for a while, and marks
// it answered. When a person plays the creator, their choice is left alone.
func (s *stage) answer(ctx context.Context) error {
	type asked struct{ ID, State string }
	var list struct{ Questions []asked }
	waits := func(q asked) bool { return q.State == "waiting" }
	pause(ctx, 8*time.Second)
	for ctx.Err() == nil {
		err := s.creator.call(ctx, "GET", channelPath+"/questions", nil, &list)
		if next := slices.IndexFunc(list.Questions, waits); err == nil && next >= 0 {
			path := channelPath + "/questions/" + list.Questions[next].ID
			if s.creator.call(ctx, "POST", path+"/air", nil, nil) == nil {
				pause(ctx, 45*time.Second)
				if err := s.creator.call(ctx, "POST", path+"/answer", nil, nil); err != nil && ctx.Err() == nil {
					s.log.Debug("demo answer not marked", "err", err)
				}
			}
		}
		pause(ctx, 15*time.Second)
	}
	return nil
}
