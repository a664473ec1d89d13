package acts_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

func (st *actorsStage) message(text string) map[string]any {
	return map[string]any{"key": rand.Text(), "text": text}
}

func (st *actorsStage) posts(r *rapid.T) {
	p, room := st.one(r), rapid.SampledFrom([]string{"public", "space"}).Draw(r, "room")
	whom := forAll
	if room == "space" {
		whom = forInside
	}
	var posted struct{ Seq int64 }
	may, text := p.ID != "" && !p.banned && st.may(p, whom), st.writes("a message", p, whom)
	post, page := st.links(r, st.answers(r, room, st.message(text)), whom)
	if st.tries(p, may, "POST", "/rooms/"+room+"/messages", post, &posted) {
		st.ids["seq"] = append(st.ids["seq"], strconv.FormatInt(posted.Seq, 10))
		st.posted = append(st.posted, message{by: p.Name, where: room, path: "/rooms/" + room, seq: posted.Seq, text: text, page: page})
	}
}

// removes takes a message out of its room: from then on nobody receives its words.
func (st *actorsStage) removes(r *rapid.T) {
	if len(st.posted) == 0 {
		return
	}
	m := rapid.SampledFrom(st.posted).Draw(r, "which")
	for _, p := range st.cast {
		st.settles(p)
	}
	for _, d := range st.docks {
		st.settlesDock(d)
	}
	st.c.Owner.Do("DELETE", st.c.Path(m.path+"/messages/"+strconv.FormatInt(m.seq, 10)), nil)
	st.gone(func(x message) bool { return x == m })
}

// gone waits until everybody who is there has heard that messages were removed.
func (st *actorsStage) gone(which func(message) bool) {
	st.t.Helper()
	for _, m := range st.posted {
		if !which(m) {
			continue
		}
		for _, p := range st.cast {
			if p.rooms[m.where] != "" {
				st.hears(p.Name, p.socket, m)
			}
		}
		for _, d := range st.docks {
			if m.where == "public" || m.where == "space" {
				st.hears(d.Name, d.socket, m)
			}
		}
	}
	for _, p := range st.cast {
		st.settles(p)
	}
	for _, d := range st.docks {
		st.settlesDock(d)
	}
	st.posted = slices.DeleteFunc(st.posted, func(m message) bool {
		if which(m) {
			st.said[m.text].for_ = forNobody
			if m.page != "" {
				st.said[m.page].for_ = forNobody
			}
		}
		return which(m)
	})
}

// hears waits until a socket has told that a message was removed.
func (st *actorsStage) hears(who string, k *apptest.Socket, m message) {
	st.t.Helper()
	if k == nil {
		return
	}
	if _, err := k.Find(0, func(f apptest.Frame) bool {
		told := append([]apptest.Event{f.Event}, f.Events...)
		return (f.Room == m.where || f.Thread == m.where) && slices.ContainsFunc(told, func(e apptest.Event) bool {
			return e.Kind == "message.removed" && slices.Contains(e.Data.Seqs, m.seq)
		})
	}); err != nil {
		st.t.Fatalf("%s has not heard that message %d of %s was removed: %v", who, m.seq, m.where, err)
	}
}

// answers makes what is posted a reply, now and then, to something that stands there,
// and has it mention somebody.
func (st *actorsStage) answers(r *rapid.T, where string, post map[string]any) map[string]any {
	for _, m := range st.posted {
		if m.where == where && rapid.Bool().Draw(r, "reply") {
			post["reply_to"] = m.seq
			break
		}
	}
	if rapid.IntRange(0, 4).Draw(r, "mention") == 0 {
		meant := rapid.SampledFrom(st.cast[1:6]).Draw(r, "whom") // who may read it or not
		post["text"] = fmt.Sprintf("%s @%s", post["text"], meant.Name)
		post["mentions"] = []string{meant.ID}
	}
	return post
}

// upper says whether what happens in a thread is for the dearer tier.
func (st *actorsStage) upper(thread string) readership {
	if slices.Contains(st.ids["upper"], thread) {
		return forUpper
	}
	return forInside
}

func (st *actorsStage) opens(r *rapid.T) {
	st.opensThread(rapid.IntRange(1, 2).Draw(r, "level"), rapid.SampledFrom([]string{"topic", "update"}).Draw(r, "kind"))
}

func (st *actorsStage) opensThread(level int, kind string) {
	whom := forInside
	if level == 2 {
		whom = forUpper
	}
	var opened struct{ ID string }
	want := map[string]any{"title": st.writes("a thread", st.cast[0], whom), "level": level, "kind": kind}
	if !st.tries(st.cast[0], true, "POST", "/threads", want, &opened) {
		return
	}
	st.ids["thread"] = append(st.ids["thread"], opened.ID)
	if level == 2 {
		st.ids["upper"] = append(st.ids["upper"], opened.ID)
	}
	if kind == "update" {
		st.ids["update"] = append(st.ids["update"], opened.ID)
	}
}

func (st *actorsStage) postsInThread(r *rapid.T) {
	p, thread := st.one(r), st.id(r, "thread")
	whom := st.upper(thread)
	may := st.may(p, whom) && slices.Contains(st.ids["thread"], thread) && (p.owner || !slices.Contains(st.ids["update"], thread))
	text := st.writes("a message in a thread", p, whom)
	var posted struct{ Seq int64 }
	post, page := st.links(r, st.answers(r, thread, st.message(text)), whom)
	if st.tries(p, may, "POST", "/threads/"+thread+"/messages", post, &posted) {
		st.posted = append(st.posted, message{by: p.Name, where: thread, path: "/threads/" + thread, seq: posted.Seq, text: text, page: page})
	}
}

func (st *actorsStage) marks(r *rapid.T) {
	p := st.one(r)
	place := rapid.SampledFrom([]string{"rooms/public", "rooms/space", "threads/" + st.id(r, "thread")}).Draw(r, "place")
	path := st.c.Path("/" + place + "/messages/" + st.id(r, "seq"))
	switch rapid.SampledFrom([]string{"pin", "unpin", "react", "remove reaction"}).Draw(r, "mark") {
	case "pin":
		st.sends(p, "PUT", path+"/pin", nil)
	case "unpin":
		st.sends(p, "DELETE", path+"/pin", nil)
	case "react":
		st.sends(p, "PUT", path+"/reactions/wow", nil)
	default:
		st.sends(p, "DELETE", path+"/reactions/wow", nil)
	}
	st.looks(p)
}
