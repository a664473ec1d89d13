// Package notifytest is a mail server inside of a test.
//
// Owns: a real SMTP server on loopback and what it was handed. Promises: it
// speaks the protocol of a library that is not ours; every letter is kept as it
// came, and read as a mail program would. Does not do: delivery.
package notifytest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options says what the server asks of its clients. The zero value asks nothing.
type Options struct {
	TLS      *tls.Config // offered by STARTTLS
	Implicit bool        // TLS from the first byte
	User     string      // who may send; empty: everybody
	Password string
}

// Server keeps what it is handed.
type Server struct {
	Address string // host:port
	URL     string // for smtp-url, without a user

	server   *smtp.Server
	listener net.Listener
	opt      Options

	mu      sync.Mutex
	refuse  func(to string) error
	letters []Letter
	greeted int
}

// Letter is one delivery.
type Letter struct {
	From, To    string // of the envelope
	Header      netmail.Header
	Subject     string // decoded
	Plain, HTML string
	Raw         []byte
}

// Link returns the address that a letter leads to, or "".
func (l Letter) Link() string { return regexp.MustCompile(`https?://\S+`).FindString(l.Plain) }

// Start runs a server until the test ends.
func Start(t testing.TB, opt Options) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: listener.Addr().String(), opt: opt}
	s.URL = "smtp://" + s.Address
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.greeted++
		return &session{server: s, known: opt.User == ""}, nil
	}))
	s.server.Domain, s.server.TLSConfig, s.server.AllowInsecureAuth = "mail.test", opt.TLS, true
	s.server.ReadTimeout, s.server.WriteTimeout = 20*time.Second, 20*time.Second
	s.server.ErrorLog = silence{}
	if opt.Implicit {
		s.URL = "smtps://" + s.Address
		listener = tls.NewListener(listener, opt.TLS)
	}
	s.listener = listener
	ended := make(chan struct{})
	go func() { // the cleanup waits for it
		defer close(ended)
		s.server.Serve(listener) //nolint:errcheck // closed below
	}()
	t.Cleanup(func() {
		s.Stop()
		<-ended
	})
	return s
}

// Stop takes the server away.
func (s *Server) Stop() {
	s.listener.Close() //nolint:errcheck // it may be gone already
	s.server.Close()   //nolint:errcheck // as above
}

// Letters returns what was handed over so far, the oldest first.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// To returns the letters to an address.
func (s *Server) To(address string) (out []Letter) {
	for _, l := range s.Letters() {
		if l.To == address {
			out = append(out, l)
		}
	}
	return out
}

// Conversations returns how many clients have said hello.
func (s *Server) Conversations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.greeted
}

// Refuse answers recipients with an error; nil takes everybody again.
func (s *Server) Refuse(with func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = with
}

// Never and Later are answers for Refuse. Like real servers they repeat the address.
func Never(to string) error {
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: no such user here"}
}

// Later is the answer of a server that wants the letter again.
func Later(to string) error {
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "<" + to + ">: try again later"}
}

type silence struct{}

func (silence) Printf(string, ...any) {}
func (silence) Println(...any)        {}

// session is one client's conversation.
type session struct {
	server *Server
	known  bool
	from   string
	to     string
}

func (s *session) AuthMechanisms() []string {
	if s.server.opt.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.known = user == s.server.opt.User && password == s.server.opt.Password; !s.known {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password of " + user + ": " + password}
		}
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.known {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.refuse != nil {
		if err := s.server.refuse(to); err != nil {
			return err
		}
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	l, err := read(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: err.Error()}
	}
	l.From, l.To = s.from, s.to
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.letters = append(s.server.letters, l)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// read takes a letter apart.
func read(raw []byte) (Letter, error) {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Letter{}, err
	}
	l := Letter{Header: m.Header, Raw: raw}
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return l, err
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return l, errors.Join(errors.New("not of two forms"), err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		words, err := io.ReadAll(part)
		if err != nil {
			return l, err
		}
		switch form, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); form {
		case "text/plain":
			l.Plain = string(bytes.ReplaceAll(words, []byte("\r\n"), []byte("\n")))
		case "text/html":
			l.HTML = string(words)
		}
	}
}
