package hls

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRenumber(t *testing.T) {
	in := "#EXTM3U\n#EXT-X-VERSION:10\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.25,CAN-SKIP-UNTIL=12.00000\n" +
		"#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"a\"\n"
	r := &reel{base: 100, cut: 3}
	want := "#EXTM3U\n#EXT-X-VERSION:10\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.25\n" +
		"#EXT-X-MEDIA-SEQUENCE:107\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-MAP:URI=\"a\"\n"
	before := bytes.Clone([]byte(in))
	if got := string(r.renumber(before)); got != want || string(before) != in {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, other := range []string{"", "#EXTM3U\n#EXT-X-STREAM-INF:x\n", "\x00binary #EXT-X-MEDIA-SEQUENCE:7\n", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:x\n"} {
		if got := string(r.renumber([]byte(other))); got != other {
			t.Errorf("%q became %q", other, got)
		}
	}
}

func TestBlockingRequestsAreTranslated(t *testing.T) {
	r := &reel{base: 100}
	for query, want := range map[string]string{
		"_HLS_msn=107&_HLS_part=2":           "f?_HLS_msn=7&_HLS_part=2",
		"_HLS_msn=107":                       "f?_HLS_msn=7",
		"_HLS_part=02&_HLS_msn=0107&x=y":     "f?_HLS_msn=7&_HLS_part=2",
		"_HLS_msn=107&_HLS_skip=YES":         "f?_HLS_msn=7",
		"_HLS_msn=99":                        "",
		"":                                   "",
		"_HLS_msn=x":                         "",
		"_HLS_msn=107&_HLS_part=64":          "",
		"_HLS_msn=107&_HLS_part=-1":          "",
		"_HLS_msn=99999999999999999999999":   "",
		"_HLS_msn=107&_HLS_part=99999999999": "",
	} {
		got, ok := r.blocking(httptest.NewRequest(http.MethodGet, "/f?"+query, nil), "f")
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q %v", query, got, ok)
		}
	}
}

func same(b []byte) []byte { return b }

func TestAQuestionIsAskedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		release := make(chan struct{})
		fs := newFlights(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			<-release
			_, _ = w.Write([]byte(r.URL.Path + r.URL.RawQuery))
		}, same)
		var viewers sync.WaitGroup
		for range 100 {
			viewers.Go(func() {
				f := fs.join("a?b", time.Second)
				if !f.landed(t.Context(), time.Minute) || string(f.body) != "/ab" || f.code != 200 {
					t.Errorf("%d %q", f.code, f.body)
				}
			})
		}
		synctest.Wait()
		close(release)
		viewers.Wait()
		fs.join("a?b", time.Second)
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		time.Sleep(time.Second) // the bubble's clock
		fs.join("a?b", time.Second)
		synctest.Wait()
		fs.close()
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times after the answer's life", n)
		}
	})
}

func TestFlightsAreBoundedAndRefusalsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		fs := newFlights(func(w http.ResponseWriter, _ *http.Request) { <-release; w.WriteHeader(http.StatusBadRequest) }, same)
		for i := range flightsLimit {
			if fs.join(strings.Repeat("x", i+1), time.Hour) == nil {
				t.Fatal("refused too early")
			}
		}
		if fs.join("one more", time.Hour) != nil {
			t.Error("no bound")
		}
		close(release)
		synctest.Wait()
		if fs.join("one more", time.Hour) == nil {
			t.Error("refusals were kept")
		}
		fs.close()
		if fs.join("another", time.Hour) != nil {
			t.Error("a question started after the end")
		}
	})
}
