// Package notify writes letters and hands them to a mail server.
//
// Owns: the words of every letter in every language, its two forms (plain text
// and HTML), SMTP, and the catcher that stands in for a mail server while one
// develops. Promises: nothing that a person chose can begin a new header or
// become markup; a link leads to the server's own address, whatever a request
// said; an error names neither address nor words; a password travels only
// encrypted. Does not do: the queue, and who gets a letter (domain/mail).
package notify

import (
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// Config is what both carriers need from their surroundings.
type Config struct {
	From string        // whom letters come from: an address, or 'Name <address>'
	Base func() string // the server's public address, such as https://live.example.org
	Now  func() time.Time
	// Words are those of the letters there are: Words(), but in tests.
	Words map[mail.Kind]Words
}

// sender returns whom letters come from.
func (c Config) sender() (*netmail.Address, error) {
	a, err := netmail.ParseAddress(c.From)
	if err == nil {
		a.Address, err = mail.CleanAddress(a.Address)
	}
	if err != nil || strings.ContainsAny(a.Name, "\r\n") {
		return nil, fault.New(fault.Invalid, "mail_from_invalid", "mail-from: %q is not an address such as hello@example.org, or Name <hello@example.org>.", c.From)
	}
	return a, nil
}

// host names the server in words.
func (c Config) host() string {
	u, err := url.Parse(c.Base())
	if err != nil || u.Host == "" {
		return "Subspace"
	}
	return u.Host
}

// written is a letter in words.
type written struct {
	Subject, Plain, HTML string
	Link                 string // absolute; empty: it holds none
}

// write puts a message into words.
func (c Config) write(m mail.Message) (written, error) {
	words, ok := c.Words[m.Kind]
	if !ok {
		return written{}, fmt.Errorf("there are no words for letters of the kind %s", m.Kind)
	}
	f := filler{data: m.Data, language: m.Language, server: c.host()}
	text := words.in(m.Language)
	out := written{Subject: f.fill(text.Subject)}
	if words.Path != "" {
		out.Link = c.Base() + f.fillPath(words.Path)
	}
	paragraphs := []string{greeting(m.Language, m.Name)}
	for _, p := range text.Body {
		if p != linkHere {
			p = f.fill(p)
		}
		paragraphs = append(paragraphs, p)
	}
	if f.missing != "" {
		return written{}, fmt.Errorf("a letter of the kind %s needs %q", m.Kind, f.missing)
	}
	out.Plain, out.HTML = plain(paragraphs, out.Link), html(m.Language, paragraphs, out.Link, text.Label)
	return out, nil
}
