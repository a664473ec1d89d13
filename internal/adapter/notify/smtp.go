package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/textproto"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// patience is how long one step of a conversation with the server may take.
const patience = 15 * time.Second

// SMTP hands letters to a mail server, a connection for each.
type SMTP struct {
	Config
	from     *netmail.Address
	host     string
	port     int
	implicit bool // TLS from the first byte
	bare     bool // without TLS when the server offers none
	user     string
	password string

	// Roots certify the server; nil: as the system says.
	Roots *x509.CertPool
}

// NewSMTP returns the carrier to the server at address: smtp://host:port with
// STARTTLS, or smtps://host:port; user:password@ before the host. A server that
// offers no TLS is given nothing, unless it is on this machine or the address
// ends with ?tls=off; a password is never sent without TLS to another machine.
func NewSMTP(address string, cfg Config) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" || (u.Path != "" && u.Path != "/") {
		return nil, errURL() // without the address: a password may stand in it
	}
	s := &SMTP{Config: cfg, host: u.Hostname(), port: 587, implicit: u.Scheme == "smtps"}
	if s.implicit {
		s.port = 465
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return nil, errURL()
		}
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	switch u.Query().Get("tls") {
	case "":
		s.bare = !s.implicit && local(s.host)
	case "off":
		s.bare = !s.implicit
	case "require":
	default:
		return nil, errURL()
	}
	s.from, err = cfg.sender()
	return s, err
}

func errURL() *fault.Fault {
	return fault.New(fault.Invalid, "smtp_url_invalid", "smtp-url is not an address such as smtp://user:password@mail.example.org:587, smtps://… or catch:.")
}

// local reports a host on this machine, to which no eavesdropper listens.
func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && a.IsLoopback())
}

// Carry implements mail.Carrier.
func (s *SMTP) Carry(ctx context.Context, m mail.Message) error {
	letter, err := s.write(m)
	if err != nil {
		return err
	}
	msg, err := s.compose(m, letter)
	if err != nil {
		return fmt.Errorf("%w: it cannot be composed", mail.ErrRefused)
	}
	dial, hangUp := s.line(ctx)
	defer hangUp()
	client, err := s.client(dial)
	if err != nil {
		return fmt.Errorf("mail client: %w", err)
	}
	conversation, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("%w: %s", mail.ErrUnreachable, said(err))
	}
	if err := client.SendWithSMTPClient(conversation, msg); err != nil {
		return verdict(err)
	}
	_ = client.CloseWithSMTPClient(conversation) // the server has taken the letter; how it parts is its affair
	return nil
}

// compose makes the letter a message of two forms. Its headers are encoded by
// the library, and what fills them holds no line breaks.
func (s *SMTP) compose(m mail.Message, letter written) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	if err := msg.To(m.Address); err != nil {
		return nil, err
	}
	msg.Subject(letter.Subject)
	msg.SetDateWithValue(s.Now())
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no machine answers
	msg.SetBodyString(gomail.TypeTextPlain, letter.Plain)
	msg.AddAlternativeString(gomail.TypeTextHTML, letter.HTML)
	return msg, nil
}

func (s *SMTP) client(dial gomail.DialContextFunc) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(patience), gomail.WithDialContextFunc(dial), gomail.WithoutSMTPUTF8(),
		gomail.WithTLSConfig(s.tls()), gomail.WithTLSPolicy(gomail.TLSMandatory),
	}
	if s.bare {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password), gomail.WithOpportunisticSMTPAuth(
			gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1PLUS, gomail.SMTPAuthSCRAMSHA1,
			gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return gomail.NewClient(s.host, options...)
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.host, RootCAs: s.Roots}
}

// line returns how to reach the server and how to hang up. The connection ends
// with ctx, and hangUp closes it whatever the library left open.
func (s *SMTP) line(ctx context.Context) (dial gomail.DialContextFunc, hangUp func()) {
	var conn net.Conn
	unwatch := func() bool { return true }
	dial = func(during context.Context, network, address string) (net.Conn, error) {
		plain, err := (&net.Dialer{}).DialContext(during, network, address)
		if err != nil {
			return nil, err
		}
		conn, unwatch = plain, context.AfterFunc(ctx, func() { plain.Close() }) //nolint:errcheck // it is given up
		if !s.implicit {
			return plain, nil
		}
		secure := tls.Client(plain, s.tls())
		return secure, secure.HandshakeContext(during)
	}
	return dial, func() {
		unwatch()
		if conn != nil {
			conn.Close() //nolint:errcheck // over, one way or the other
		}
	}
}

// verdict turns a failed conversation into what the queue wants to know. The
// server's sentence often repeats the address, so only its number is kept.
func verdict(err error) error {
	var f *gomail.SendError
	if !errors.As(err, &f) {
		return fmt.Errorf("%w: %s", mail.ErrUnreachable, said(err))
	}
	what := fmt.Sprintf("%s: the server answered %d", f.Reason, f.ErrorCode())
	aboutLetter := f.Reason == gomail.ErrSMTPRcptTo || f.Reason == gomail.ErrSMTPData || f.Reason == gomail.ErrSMTPDataClose
	switch {
	case aboutLetter && f.ErrorCode() >= 500:
		return fmt.Errorf("%w: %s", mail.ErrRefused, what)
	case aboutLetter && f.ErrorCode() >= 400:
		return errors.New(what)
	}
	return fmt.Errorf("%w: %s", mail.ErrUnreachable, what)
}

// said describes an error without repeating what a server wrote.
func said(err error) string {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return fmt.Sprintf("the server answered %d", answer.Code)
	}
	return err.Error()
}
