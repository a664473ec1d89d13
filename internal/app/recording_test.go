package app_test

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

type replay struct {
	ID, State, Refused, Reason, URL string
	LengthMS                        int64 `json:"length_ms"`
	Stretches                       []struct {
		At       time.Time
		BeginsMS int64 `json:"begins_ms"`
		LengthMS int64 `json:"length_ms"`
	}
	Chapters []struct {
		AtMS                 int64 `json:"at_ms"`
		Kind, ID, Text, Name string
	}
}

// recorded has a live go on until about as much of it is kept, and returns its
// recording's identifier.
func recorded(t *testing.T, s *apptest.Server, c apptest.Channel, least time.Duration) string {
	t.Helper()
	c.GoesLive(s)
	return grown(t, c, least)
}

func grown(t *testing.T, c apptest.Channel, least time.Duration) (id string) {
	t.Helper()
	apptest.Eventually(t, "nothing is kept of the live", func() bool {
		var list struct{ Recordings []replay }
		c.Owner.Do("GET", c.Path("/recordings"), nil).Into(t, &list)
		if len(list.Recordings) == 0 || list.Recordings[0].LengthMS < least.Milliseconds() {
			return false
		}
		id = list.Recordings[0].ID
		return true
	})
	return id
}

func ends(t *testing.T, c apptest.Channel, id string) {
	t.Helper()
	c.Owner.Do("POST", c.Path("/live/end"), nil)
	apptest.Eventually(t, "the recording is not complete", func() bool { return replayed(t, c.Owner, c, id).State == "kept" })
}

func replayed(t *testing.T, p *apptest.Person, c apptest.Channel, id string) (r replay) {
	t.Helper()
	p.Do("GET", c.Path("/recordings/"+id), nil).Into(t, &r)
	return r
}

// fetch returns what is at an address of a recording, and the status.
func fetch(t *testing.T, p *apptest.Person, path string) ([]byte, int) {
	t.Helper()
	a, err := p.Ask("GET", path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a.Body, a.Status
}

// files are the names that a playlist lists, what they need first.
func files(list []byte) (names []string) {
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		if name, is := strings.CutPrefix(line, "#EXT-X-MAP:URI="); is {
			names = append(names, strings.Trim(name, `"`))
		} else if line != "" && line[0] != '#' {
			names = append(names, line)
		}
	}
	return names
}

func beside(path, file string) string { return path[:strings.LastIndex(path, "/")+1] + file }

func TestALiveIsReplayed(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("place")
	sub, guest := s.SignUp("Sub"), s.Stranger()
	sub.Pays(c.Handle)
	id := recorded(t, s, c, 2*time.Second)

	c.Owner.Do("POST", c.Path("/marks"), map[string]any{"label": "The crack"})
	marked := time.Now()
	said := "hello " + rand.Text()
	sub.Posts(c.Handle, "public", said)
	var asked struct{ ID string }
	sub.Do("POST", c.Path("/questions"), map[string]any{"key": rand.Text(), "text": "How hot?", "room": "space", "audience": "space"}).Into(t, &asked)
	c.Owner.Do("POST", c.Path("/questions/"+asked.ID+"/air"), nil)
	c.Owner.Do("POST", c.Path("/questions/"+asked.ID+"/answer"), nil)
	grown(t, c, 6*time.Second)
	ends(t, c, id)

	r := replayed(t, guest, c, id)
	list, status := fetch(t, guest, r.URL)
	if status != http.StatusOK || !bytes.HasSuffix(list, []byte("#EXT-X-ENDLIST\n")) {
		t.Fatalf("the list answers %d:\n%s", status, list)
	}
	var film bytes.Buffer
	for _, name := range files(list) {
		part, status := fetch(t, guest, beside(r.URL, name))
		if status != http.StatusOK {
			t.Fatalf("%s answers %d", name, status)
		}
		film.Write(part)
	}
	plays(t, film.Bytes(), time.Duration(r.LengthMS)*time.Millisecond)

	// Where the mark and the message are, to the second.
	begins := r.Stretches[0].At
	if len(r.Chapters) != 1 || r.Chapters[0].Text != "The crack" || apart(r.Chapters[0].AtMS, marked.Sub(begins)) > time.Second {
		t.Errorf("a guest's chapters: %+v, marked at %s", r.Chapters, marked.Sub(begins))
	}
	if all := replayed(t, sub, c, id).Chapters; len(all) != 2 || all[1].ID != asked.ID || all[1].Text != "How hot?" {
		t.Errorf("a subscriber's chapters: %+v", all)
	}
	var place struct{ After int64 }
	guest.Do("GET", c.Path("/recordings/"+id+"/rooms/public?at_ms="+strconv.FormatInt(r.Chapters[0].AtMS, 10)), nil).Into(t, &place)
	heard := guest.History(c.Handle, "public", place.After)
	if len(heard) == 0 || !strings.Contains(string(heard[0].Raw), said) {
		t.Errorf("after the mark was said: %+v", heard)
	}
	if why := guest.Refused("GET", c.Path("/recordings/"+id+"/rooms/space?at_ms=0"), nil); why != "sign_in" {
		t.Errorf("a guest asking for the Sub Space's replay: %q", why)
	}
	if why := guest.Refused("POST", c.Path("/marks"), map[string]any{"label": ""}); why != "moderators_only" {
		t.Errorf("a guest marking: %q", why)
	}
}

func apart(ms int64, d time.Duration) time.Duration {
	return (time.Duration(ms)*time.Millisecond - d).Abs()
}

// plays fails unless the film is as long as it says and is decoded without a complaint.
func plays(t *testing.T, film []byte, long time.Duration) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "film.mp4")
	if err := os.WriteFile(name, film, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames,r_frame_rate", "-of", "csv=p=0", name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	rate, count, _ := strings.Cut(strings.TrimSpace(string(out)), ",")
	num, den, _ := strings.Cut(rate, "/")
	frames, _ := strconv.Atoi(count)
	n, _ := strconv.Atoi(num)
	d, _ := strconv.Atoi(den)
	if n == 0 || d == 0 {
		t.Fatalf("ffprobe says %s", out)
	}
	if got := time.Duration(frames) * time.Second * time.Duration(d) / time.Duration(n); (got - long).Abs() > 200*time.Millisecond {
		t.Errorf("%d frames of %s a second, %s; it says %s", frames, rate, got, long)
	}
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", name, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("ffmpeg complains: %v %s", err, out)
	}
}

func TestTheGateHoldsOnRecordings(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("place")
	sub, bea, guest := s.SignUp("Sub"), s.SignUp("Bea"), s.Stranger()
	sub.Pays(c.Handle)
	id := recorded(t, s, c, 2*time.Second)
	ends(t, c, id)

	open := replayed(t, guest, c, id).URL
	first := beside(open, "0.m4s")
	if _, status := fetch(t, bea, first); status != http.StatusOK {
		t.Fatalf("what is public answers %d", status)
	}
	c.Owner.Do("PATCH", c.Path("/recordings/"+id), map[string]any{"audience": "subscribers"})
	mine := replayed(t, sub, c, id).URL
	answers := func(who string, p *apptest.Person, path string, want int) {
		t.Helper()
		for _, file := range []string{"index.m3u8", "0.m4s", "init-0.mp4"} {
			if _, status := fetch(t, p, beside(path, file)); status != want {
				t.Errorf("%s asking for %s: %d, want %d", who, file, status, want)
			}
		}
	}
	answers("an address from before", guest, open, http.StatusForbidden)
	answers("a subscriber", sub, mine, http.StatusOK)
	answers("a copied address without a cookie", guest, mine, http.StatusForbidden)
	answers("a copied address of another account", bea, mine, http.StatusForbidden)
	if r := replayed(t, bea, c, id); r.URL != "" || r.Refused != "subscribers_only" || len(r.Stretches) > 0 || len(r.Chapters) > 0 {
		t.Errorf("who may not watch is told %+v", r)
	}
	forged := strings.Replace(mine, "/replay/", "/replay/x", 1)
	answers("a forged address", sub, forged, http.StatusForbidden)
	for _, file := range []string{"..%2fsubspace.db", "1.m4s%2f..%2f0.m4s", ".new-1", "index.m3u8.bak", "x.m4s", "-1.m4s", ".m4s"} {
		if _, status := fetch(t, sub, beside(mine, file)); status != http.StatusNotFound {
			t.Errorf("%s answers %d", file, status)
		}
	}
	live := strings.Replace(mine, "/replay/", "/hls/", 1)
	if _, status := fetch(t, sub, beside(live, "main.m3u8")); status != http.StatusForbidden {
		t.Errorf("a recording's token at the live answers %d", status)
	}
	c.Bans(sub)
	apptest.Eventually(t, "who was banned is still shown the recording", func() bool {
		_, status := fetch(t, sub, mine)
		return status == http.StatusForbidden
	})
	answers("who was banned", sub, mine, http.StatusForbidden)
	c.Lifts(sub)
	apptest.Eventually(t, "who is back is shown nothing", func() bool {
		_, status := fetch(t, sub, mine)
		return status == http.StatusOK
	})
	answers("who is back", sub, mine, http.StatusOK)
	c.Owner.Do("DELETE", c.Path("/recordings/"+id), nil)
	answers("after it was deleted", sub, mine, http.StatusNotFound)
	folder := filepath.Join(s.Data, "recordings")
	apptest.Eventually(t, "the files are still there", func() bool {
		left, err := os.ReadDir(folder)
		return err == nil && len(left) == 0
	})
}

// The switch that shuts a live shuts its recording with the next request.
func TestALiveThatShutsShutsItsRecording(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("place")
	sub, guest := s.SignUp("Sub"), s.Stranger()
	sub.Pays(c.Handle)
	id := recorded(t, s, c, 2*time.Second)
	open, mine := replayed(t, guest, c, id), replayed(t, sub, c, id)
	answers := func(who string, p *apptest.Person, address string, want int) {
		t.Helper()
		for _, file := range []string{"index.m3u8", "0.m4s"} {
			if _, status := fetch(t, p, beside(address, file)); status != want {
				t.Errorf("%s asking for %s: %d, want %d", who, file, status, want)
			}
		}
	}
	answers("a guest before", guest, open.URL, http.StatusOK)
	place := c.Path("/recordings/" + id + "/rooms/public?at_ms=1000")
	guest.Do("GET", place, nil) // who may watch is told where in the room that was
	c.Owner.Do("PATCH", c.Path(""), map[string]any{"live_audience": "subscribers"})
	answers("a guest", guest, open.URL, http.StatusForbidden)
	answers("a subscriber", sub, mine.URL, http.StatusOK)
	if r := replayed(t, guest, c, id); r.Refused != "sign_in" || r.URL != "" || len(r.Stretches) > 0 {
		t.Errorf("a guest is told %+v", r)
	}
	if why := guest.Refused("GET", place, nil); why != "sign_in" {
		t.Errorf("a guest asking where in the room that was: %q", why)
	}
	grown(t, c, time.Duration(open.LengthMS)*time.Millisecond+2*time.Second)
	c.Owner.Do("PATCH", c.Path(""), map[string]any{"live_audience": "public"})
	answers("a guest, of what subscribers were shown", guest, open.URL, http.StatusForbidden)
	ends(t, c, id)
	answers("a guest when it is over", guest, open.URL, http.StatusForbidden)
}
