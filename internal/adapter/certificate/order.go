package certificate

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

const (
	orderLimit   = 5 * time.Minute  // for everything that one certificate needs
	requestLimit = 30 * time.Second // for one request to the authority
)

// obtain asks the authority for a certificate, with a key of its own.
func (k *Keeper) obtain(ctx context.Context) (tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, orderLimit)
	defer cancel()
	client, hangUp := k.client()
	defer hangUp()
	_, err := client.Register(ctx, &acme.Account{}, acme.AcceptTOS)
	if err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return tls.Certificate{}, err
	}
	order, err := k.authorize(ctx, client)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := newKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{k.cfg.Name}}, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	chain, _, err := client.CreateCertFromOrder(ctx, order, request, true)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return tls.Certificate{}, err
	}
	if !key.PublicKey.Equal(leaf.PublicKey) || leaf.VerifyHostname(k.cfg.Name) != nil {
		return tls.Certificate{}, fault.New(fault.Unavailable, "acme_refused", "The certificate authority sent a certificate that is not for %s and its key.", k.cfg.Name)
	}
	return tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf}, nil
}

// client speaks to the authority until the second answer is called.
func (k *Keeper) client() (*acme.Client, func()) {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: requestLimit,
		TLSClientConfig: &tls.Config{RootCAs: k.roots, MinVersion: tls.VersionTLS12},
	}
	return &acme.Client{
		Key: k.shelf.account, DirectoryURL: k.cfg.Directory, UserAgent: "subspace",
		HTTPClient: &http.Client{Transport: transport, Timeout: requestLimit}, RetryBackoff: backoff,
	}, transport.CloseIdleConnections
}

// backoff says how long to wait before a request that failed is made again; 0
// ends it. Who is told to slow down does not try again: Run waits.
func backoff(n int, _ *http.Request, res *http.Response) time.Duration {
	if n > 5 || res.StatusCode == http.StatusTooManyRequests {
		return 0
	}
	return time.Duration(n*n) * 200 * time.Millisecond
}

// authorize opens an order and proves that the name is ours. A proof that failed
// spoils its order, so each way begins with a new one.
func (k *Keeper) authorize(ctx context.Context, client *acme.Client) (*acme.Order, error) {
	ways := []string{"tls-alpn-01"}
	if k.cfg.Plain {
		ways = append(ways, "http-01")
	}
	var errs []error
	for _, way := range ways {
		order, err := k.proveBy(ctx, client, way)
		if err == nil {
			return order, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", way, err))
		if !isUnproved(err) {
			break // another way would meet the same
		}
	}
	return nil, errors.Join(errs...)
}

func (k *Keeper) proveBy(ctx context.Context, client *acme.Client, way string) (*acme.Order, error) {
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(k.cfg.Name))
	if err != nil {
		return nil, err
	}
	for _, address := range order.AuthzURLs {
		a, err := client.GetAuthorization(ctx, address)
		if err != nil {
			return nil, err
		}
		if a.Status == acme.StatusValid {
			continue
		}
		i := slices.IndexFunc(a.Challenges, func(c *acme.Challenge) bool { return c.Type == way })
		if i < 0 {
			return nil, &acme.AuthorizationError{Identifier: k.cfg.Name, Errors: []error{errors.New("the authority does not look this way")}}
		}
		if err := k.prove(ctx, client, a.URI, a.Challenges[i]); err != nil {
			return nil, err
		}
	}
	return client.WaitOrder(ctx, order.URI)
}

// prove shows the proof for as long as the authority looks.
func (k *Keeper) prove(ctx context.Context, client *acme.Client, authorization string, c *acme.Challenge) error {
	if c.Type == "http-01" {
		text, err := client.HTTP01ChallengeResponse(c.Token)
		if err != nil {
			return err
		}
		k.answer.Store(&answer{client.HTTP01ChallengePath(c.Token), text})
		defer k.answer.Store(nil)
	} else {
		proof, err := client.TLSALPN01ChallengeCert(c.Token, k.cfg.Name)
		if err != nil {
			return err
		}
		k.proof.Store(&proof)
		defer k.proof.Store(nil)
	}
	if _, err := client.Accept(ctx, c); err != nil {
		return err
	}
	_, err := client.WaitAuthorization(ctx, authorization)
	return err
}

func isUnproved(err error) bool {
	var unproved *acme.AuthorizationError
	return errors.As(err, &unproved)
}

// explain turns what went wrong into a reason and a sentence. What is not an
// answer of an authority is a network, an address or a wrong server.
func (k *Keeper) explain(err error) *fault.Fault {
	if f := fault.Of(err); f != nil {
		return f
	}
	refusal, refused := refusalIn(err)
	switch {
	case isUnproved(err):
		return fault.New(fault.Unavailable, "acme_proof_failed",
			"The certificate authority could not see this server as %s. The name must lead to this machine, its port 443 to --listen%s.", k.cfg.Name, k.orPlain()).Because(err)
	case refusal.StatusCode == http.StatusTooManyRequests:
		wait, _ := acme.RateLimit(refusal)
		return fault.New(fault.Limited, "acme_rate_limited", "The certificate authority has had too many requests for %s. There is nothing to do but wait.", k.cfg.Name).After(wait).Because(err)
	case refused:
		return fault.New(fault.Denied, "acme_refused", "The certificate authority refuses a certificate for %s: %s", k.cfg.Name, refusal.Detail).Because(err)
	case refusal.StatusCode != 0:
		err = fmt.Errorf("it answers with status %d", refusal.StatusCode) // its text may be any page
	}
	return fault.New(fault.Unavailable, "acme_unreachable",
		"No certificate authority answers at %s. Check the network of this machine and --acme-directory.", k.cfg.Directory).Because(err)
}

// refusalIn returns what was answered, and whether it is an authority's refusal.
func refusalIn(err error) (answer *acme.Error, refused bool) {
	answer = &acme.Error{}
	var order *acme.OrderError
	if errors.As(err, &order) {
		if order.Problem != nil {
			answer = order.Problem
		}
		return answer, true
	}
	errors.As(err, &answer)
	return answer, answer.ProblemType != ""
}

func (k *Keeper) orPlain() string {
	if k.cfg.Plain {
		return " or its port 80 to --http-listen"
	}
	return ""
}
