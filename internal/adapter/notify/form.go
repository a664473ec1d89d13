package notify

import (
	escape "html"
	"strings"
)

// plain is a letter as text.
func plain(paragraphs []string, link string) string {
	var b strings.Builder
	for i, p := range paragraphs {
		if i > 0 {
			b.WriteString("\n\n")
		}
		if p == linkHere {
			p = link
		}
		b.WriteString(p)
	}
	b.WriteByte('\n')
	return b.String()
}

// html is the same letter as a page: words and one link, no pictures, nothing
// that is fetched from anywhere.
func html(language string, paragraphs []string, link, label string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="` + language + `"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>` +
		`<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif"><div style="max-width:34em;margin:0 auto">`)
	for _, p := range paragraphs {
		b.WriteString(`<p style="margin:0 0 16px">`)
		if p == linkHere {
			at := escape.EscapeString(link)
			b.WriteString(`<a href="` + at + `" style="display:inline-block;padding:12px 22px;border-radius:999px;background:#1b1715;color:#fff;text-decoration:none">` +
				escape.EscapeString(label) + `</a></p><p style="margin:0 0 16px;font-size:13px;word-break:break-all">` + at)
		} else {
			b.WriteString(escape.EscapeString(p))
		}
		b.WriteString(`</p>`)
	}
	b.WriteString(`</div></body></html>`)
	return b.String()
}
