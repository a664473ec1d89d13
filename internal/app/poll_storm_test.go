//go:build storm

package app_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// pollKills is how often the server dies while people vote.
const pollKills = 10

// TestStormKilledServerLosesNoVote kills the real binary again and again while
// many people change their votes from two devices each, and closes the poll in the
// middle of it. The result holds the last vote that each was told is kept.
func TestStormKilledServerLosesNoVote(t *testing.T) {
	b := newBinary(t, storetest.URL(t))
	b.start()
	c := b.found("atelier")
	poll := opensPoll(t, c, map[string]any{"room": "public"})
	voters := make([]*voter, 40)
	var all sync.WaitGroup
	for i := range voters {
		voters[i] = &voter{page: b.place.Light(fmt.Sprintf("Voter %02d", i))}
	}
	counted := make(chan struct{}, 1)
	for _, v := range voters {
		all.Go(func() { v.vote(c, poll, counted) })
	}
	for range pollKills {
		for range 200 {
			<-counted
		}
		b.kill()
		b.start()
	}
	over := make(chan struct{})
	go func() { // ends with the voters
		all.Wait()
		close(over)
	}()
	for range 200 {
		<-counted
	}
	c.Owner.Do("POST", c.Path("/polls/"+poll+"/close"), nil)
	for ended := false; !ended; {
		select {
		case <-counted:
		case <-over:
			ended = true
		}
	}
	want, kept, unsure := make([]int, 3), 0, 0
	for _, v := range voters {
		mine := pollsOf(t, c, v.page, "?room=public")[0]
		if mine.Choice == nil {
			t.Fatalf("no vote of %s is kept", v.page.Name)
		}
		if !slices.Contains(v.possible, *mine.Choice) {
			t.Errorf("%s was told last that %v is kept, and %d is", v.page.Name, v.possible, *mine.Choice)
		}
		if len(v.possible) > 1 {
			unsure++
		}
		kept += v.acked
		want[*mine.Choice]++
	}
	if got := pollsOf(t, c, c.Owner, "?room=public")[0].votes(); !slices.Equal(got, want) {
		t.Errorf("counted %v, kept %v", got, want)
	}
	fmt.Printf("    %d kills, %d votes acknowledged, of %d voters the last word on %d was lost on its way\n", pollKills, kept, len(voters), unsure)
	b.stop()
}

// voter changes their mind until the poll is closed.
type voter struct {
	page     *apptest.Person
	possible []int // the last that was acknowledged, and what was sent after it without an answer
	acked    int
}

func (v *voter) vote(c apptest.Channel, poll string, counted chan<- struct{}) {
	for {
		option := rand.IntN(3)
		a, err := v.page.Ask("PUT", c.Path("/polls/"+poll+"/vote"), map[string]any{"option": option})
		switch {
		case err != nil, a.Status >= 500, a.Status == 429: // it may be kept, or not
			v.possible = append(v.possible, option)
		case a.Status == 409:
			return
		default:
			v.possible = []int{option}
			v.acked++
			counted <- struct{}{}
		}
	}
}
