package gateway

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever a client sends as a frame is understood or refused: nothing in it,
// however deep, long or large, gets further than its field, and what is repeated
// to the client is short and is text.
func FuzzAsk(f *testing.F) {
	for _, seed := range []string{
		`{"type":"enter","id":"1","channel":"atelier","room":"public","cursor":0}`,
		`{"type":"post","id":"1","channel":"atelier","room":"space","key":"12345678","text":"hello","reply_to":1}`,
		`{"type":"ping","id":"` + strings.Repeat("é", 30) + `"}`,
		`{"type":"sign_in","id":"x","token":"t"}`, `{"type":"vote","id":"1","channel":"atelier","poll":"p","option":-1}`, `{"type":"fly"}`, `{}`, `[]`, `null`, `7`, `"ping"`, ``, `{"type":7}`,
		`{"type":"enter","cursor":-1}`, `{"type":"enter","cursor":1e99}`, `{"type":"enter","cursor":9223372036854775807}`,
		`{"type":"enter","cursor":9223372036854775808}`, `{"type":"post","reply_to":1.5}`, `{"type":"ping","id":"\ud800"}`,
		`{"type":"ping","type":"post","TYPE":"leave"}`, `{"a":` + strings.Repeat(`[`, 4000) + strings.Repeat(`]`, 4000) + `}`,
		strings.Repeat(`{"a":`, 1600) + `1` + strings.Repeat(`}`, 1600), `{"type":"ping","id":"` + "\x00" + `"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > frameMax {
			return // refused by its header
		}
		a, err := parseAsk(message)
		if err != nil {
			return
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(message, &object); err != nil || object == nil {
			t.Fatalf("what is no JSON object was understood as %+v", a)
		}
		answer := encode(refusedFrame{Type: "refused", ID: a.ID, Reason: "x", Detail: clip(a.Type)})
		var back refusedFrame
		if err := json.Unmarshal(answer, &back); err != nil || !utf8.Valid(answer) || len(answer) > 1000 {
			t.Fatalf("the answer to %q is %q", message, answer)
		}
		if a.Cursor != nil { // memory is asked with whatever number it is
			for head := range int64(3) {
				r := newRecent(head)
				if p, ok := r.page(a.Cursor); ok && (p.head != head || string(p.events) != "[]") {
					t.Fatalf("cursor %d of a room at %d: %+v", *a.Cursor, head, p)
				}
			}
		}
	})
}
