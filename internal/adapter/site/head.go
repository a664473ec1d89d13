package site

import (
	"cmp"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"github.com/subspace-live/subspace/internal/domain/preview"
)

// fieldMax is how many bytes of one word of a page are kept.
const fieldMax = 4 << 10

// read returns what a page says of itself in its head: for those who show links
// (Open Graph, Twitter), and else in its title. A page that ends too early, or never,
// says what it said up to then.
func read(body io.Reader, contentType string) (preview.Page, error) {
	text, err := charset.NewReader(io.LimitReader(body, readMax), contentType)
	if err != nil {
		return preview.Page{}, errAnswer
	}
	z := html.NewTokenizer(text)
	z.SetMaxBuf(readMax)
	h := head{}
	for !h.over {
		switch z.Next() {
		case html.ErrorToken:
			h.over = true
		case html.StartTagToken, html.SelfClosingTagToken:
			h.begins(z)
		case html.EndTagToken:
			h.ends(z)
		case html.TextToken:
			if h.inTitle {
				h.say("title", string(z.Text()))
			}
		}
	}
	p := preview.Page{
		Site:        h.said["og:site_name"],
		Title:       cmp.Or(h.said["og:title"], h.said["twitter:title"], h.said["title"]),
		Description: cmp.Or(h.said["og:description"], h.said["twitter:description"], h.said["description"]),
	}.Clean()
	if p.Title == "" {
		return preview.Page{}, preview.ErrNothing
	}
	return p, nil
}

// head is what was read of a page up to now.
type head struct {
	said    map[string]string
	inTitle bool
	over    bool
}

func (h *head) begins(z *html.Tokenizer) {
	name, more := z.TagName()
	switch atom.Lookup(name) {
	case atom.Title:
		h.inTitle = true
	case atom.Body:
		h.over = true
	case atom.Meta:
		var names []string
		content := ""
		for more {
			var key, value []byte
			key, value, more = z.TagAttr()
			switch string(key) {
			case "name", "property":
				names = append(names, strings.ToLower(strings.TrimSpace(string(value))))
			case "content":
				content = string(value)
			}
		}
		for _, name := range names {
			h.say(name, content)
		}
	}
}

func (h *head) ends(z *html.Tokenizer) {
	name, _ := z.TagName()
	switch atom.Lookup(name) {
	case atom.Title:
		h.inTitle = false
	case atom.Head:
		h.over = true
	}
}

// say keeps what is shown of a page; of several the first that says something.
func (h *head) say(name, words string) {
	switch name {
	case "og:site_name", "og:title", "og:description", "twitter:title", "twitter:description", "title", "description":
	default:
		return
	}
	if len(words) > fieldMax {
		words = words[:fieldMax]
	}
	if h.said == nil {
		h.said = map[string]string{}
	}
	if h.said[name] == "" {
		h.said[name] = strings.TrimSpace(words)
	}
}
