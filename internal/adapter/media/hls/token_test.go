package hls

import (
	"crypto/rand"
	"strings"
	"testing"
)

func TestTokensSurviveNoChange(t *testing.T) {
	s := signer{[]byte("secret"), rand.Reader, playbackPurpose, newKnown()}
	want, token := s.mint(ticket{channel: "id", handle: "place", broadcast: "broadcast", account: "member"})
	if got, ok := s.read(token, "place"); !ok || got != want {
		t.Fatalf("%+v %v", got, ok)
	}
	for i := range token {
		for _, c := range []string{"A", ".", "-", ""} {
			changed := token[:i] + c + token[i+1:]
			if _, ok := s.read(changed, "place"); ok && changed != token {
				t.Errorf("accepted with byte %d as %q", i, c)
			}
		}
	}
	if _, ok := (signer{[]byte("another"), rand.Reader, playbackPurpose, newKnown()}).read(token, "place"); ok {
		t.Error("accepted under another secret")
	}
	if _, again := s.mint(ticket{channel: "id", handle: "place", broadcast: "broadcast", account: "member"}); again == token {
		t.Error("two sessions have one token")
	}
}

// Fields must not be able to lend each other characters.
func TestTokensOfShiftedFieldsDiffer(t *testing.T) {
	s := signer{[]byte("secret"), rand.Reader, playbackPurpose, newKnown()}
	a := s.sign(ticket{"s", "ab", "h", "c", "d"})
	for _, other := range []ticket{{"s", "a", "bh", "c", "d"}, {"s", "abh", "", "c", "d"}, {"s", "ab", "hc", "d", ""}, {"sa", "b", "h", "c", "d"}} {
		if s.sign(other) == a {
			t.Errorf("%+v signs alike", other)
		}
	}
}

func FuzzToken(f *testing.F) {
	s := signer{[]byte("secret"), strings.NewReader(strings.Repeat("r", 1<<10)), playbackPurpose, newKnown()}
	_, good := s.mint(ticket{channel: "id", handle: "place", broadcast: "broadcast", account: "member"})
	_, anonymous := s.mint(ticket{channel: "id", handle: "place", broadcast: "broadcast"})
	for _, seed := range []string{good, anonymous, "", "...", "....", good + ".", strings.Repeat(".", 300), good[:len(good)-1] + "\x00"} {
		f.Add(seed, "place")
	}
	f.Fuzz(func(t *testing.T, token, channel string) {
		got, ok := s.read(token, channel)
		if !ok {
			return
		}
		if again := got.session + "." + string(got.channel) + "." + string(got.broadcast) + "." + string(got.account) + "." + s.sign(got); again != token || channel != "place" {
			t.Errorf("%q was accepted for %q", token, channel)
		}
	})
}

// A token that was found good under one handle is not good under another, and what
// is remembered of tokens has a bound.
func TestWhatIsKnownOfTokensIsBoundToTheirAddress(t *testing.T) {
	s := signer{[]byte("secret"), rand.Reader, playbackPurpose, newKnown()}
	_, token := s.mint(ticket{channel: "id", handle: "place", broadcast: "broadcast"})
	for range 2 {
		if _, ok := s.read(token, "place"); !ok {
			t.Fatal("a good token is refused")
		}
		if _, ok := s.read(token, "elsewhere"); ok {
			t.Fatal("a token that is known opens another place")
		}
	}
	for range knownLimit + 10 {
		_, token := s.mint(ticket{channel: "id", handle: "place", broadcast: "broadcast"})
		s.read(token, "place")
	}
	if n := len(s.known.tickets); n > knownLimit || n == 0 {
		t.Errorf("%d tokens are remembered", n)
	}
}
