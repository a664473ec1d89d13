// Package passkey speaks WebAuthn with the authenticators of browsers.
//
// Owns: what a browser is asked, and whether its answer proves what it claims:
// challenge, site, origin, signature, counter. Promises: an answer counts for
// the site and the challenge it was given for and no other; a passkey can sign
// in without a name (it is discoverable), and its person is verified where their
// device can; a counter that goes back is refused. Does not do: which challenges
// are open, who may add and remove passkeys (domain/account), HTTP.
package passkey

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Authenticators implements account.Authenticators.
type Authenticators struct{}

var _ account.Authenticators = Authenticators{}

// at returns the library for one site.
func at(site account.Site) (*webauthn.WebAuthn, error) {
	w, err := webauthn.New(&webauthn.Config{
		RPID: site.Name, RPDisplayName: "Subspace", RPOrigins: []string{site.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationPreferred,
		},
		// Some password managers answer what they were not asked. It changes nothing.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", site.Name, err)
	}
	return w, nil
}

// Invite implements account.Authenticators. The browser is told which passkeys
// the account has, so that no authenticator makes a second.
func (Authenticators) Invite(site account.Site, a account.Account, has []account.Passkey) (options []byte, record string, err error) {
	w, err := at(site)
	if err != nil {
		return nil, "", err
	}
	h, err := holderOf(a, has)
	if err != nil {
		return nil, "", err
	}
	creation, session, err := w.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("invite a passkey: %w", err)
	}
	return both(creation.Response, session)
}

// Admit implements account.Authenticators.
func (Authenticators) Admit(site account.Site, a account.Account, record string, answer []byte) (account.Passkey, error) {
	w, session, err := reopened(site, record)
	if err != nil {
		return account.Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return account.Passkey{}, errInvalid(err)
	}
	h, err := holderOf(a, nil)
	if err != nil {
		return account.Passkey{}, err
	}
	key, err := w.CreateCredential(h, session, parsed)
	if err != nil {
		return account.Passkey{}, errInvalid(err)
	}
	kept, err := json.Marshal(key)
	return account.Passkey{Credential: encode(key.ID), Record: string(kept)}, err
}

// Ask implements account.Authenticators.
func (Authenticators) Ask(site account.Site) (options []byte, record string, err error) {
	w, err := at(site)
	if err != nil {
		return nil, "", err
	}
	assertion, session, err := w.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", fmt.Errorf("ask for a passkey: %w", err)
	}
	return both(assertion.Response, session)
}

// Claimed implements account.Authenticators.
func (Authenticators) Claimed(answer []byte) (string, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return "", errInvalid(err)
	}
	return encode(parsed.RawID), nil
}

// Verify implements account.Authenticators.
func (Authenticators) Verify(site account.Site, p account.Passkey, record string, answer []byte) (account.Passkey, error) {
	w, session, err := reopened(site, record)
	if err != nil {
		return p, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return p, errInvalid(err)
	}
	h, err := holderOf(account.Account{ID: p.Account}, []account.Passkey{p})
	if err != nil {
		return p, err
	}
	key, err := w.ValidateDiscoverableLogin(func([]byte, []byte) (webauthn.User, error) { return h, nil }, session, parsed)
	if err != nil {
		return p, errInvalid(err)
	}
	if key.Authenticator.CloneWarning {
		return p, fault.New(fault.Denied, "passkey_copied",
			"This passkey seems to exist twice, so it is not trusted any more. Sign in another way and remove it.")
	}
	kept, err := json.Marshal(key)
	p.Record = string(kept)
	return p, err
}

// both is what the browser gets and what is kept for its answer.
func both(options any, session *webauthn.SessionData) ([]byte, string, error) {
	out, err := json.Marshal(options)
	if err != nil {
		return nil, "", err
	}
	kept, err := json.Marshal(session)
	return out, string(kept), err
}

// reopened continues what both began.
func reopened(site account.Site, record string) (*webauthn.WebAuthn, webauthn.SessionData, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(record), &session); err != nil {
		return nil, session, fmt.Errorf("a ceremony with passkeys: %w", err)
	}
	w, err := at(site)
	return w, session, err
}

// errInvalid keeps what the library says for the log: it names what of the
// answer does not fit, and nothing secret.
func errInvalid(err error) *fault.Fault {
	return fault.New(fault.Denied, "passkey_invalid", "The passkey's answer does not fit. Please try again.").Because(err)
}

// encode writes a credential's name as browsers do.
func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// holder is an account as the library sees it.
type holder struct {
	account account.Account
	keys    []webauthn.Credential
}

func holderOf(a account.Account, has []account.Passkey) (holder, error) {
	h := holder{account: a}
	for _, p := range has {
		var key webauthn.Credential
		if err := json.Unmarshal([]byte(p.Record), &key); err != nil {
			return h, fmt.Errorf("passkey %s: %w", p.ID, err)
		}
		h.keys = append(h.keys, key)
	}
	return h, nil
}

// WebAuthnID is the account's identifier: a name of no meaning elsewhere.
func (h holder) WebAuthnID() []byte { return []byte(h.account.ID) }

func (h holder) WebAuthnName() string                       { return h.account.Name }
func (h holder) WebAuthnDisplayName() string                { return h.account.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }
