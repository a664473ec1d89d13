// Package passkeytest is an authenticator with its browser, inside of a test.
//
// Owns: keys on P-256, their counters, and the answers that a browser would
// give (W3C Web Authentication, with attestation 'none'). Promises: it is
// written from the standard and shares no code with what checks it; it can be
// made to lie. Does not do: anything a person would have to allow.
package passkeytest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"
)

// Device holds passkeys, as a phone does.
type Device struct {
	Origin string // of the page that the browser shows
	// Silent says that nobody was verified, as a plain security key does.
	Silent bool
	// Site, when it is not empty, is the site that the device claims to answer.
	Site string

	keys []*Key
}

// Key is one passkey on a device.
type Key struct {
	ID      []byte
	Holder  []byte // the user handle that it was made for
	Site    string
	Counter uint32 // 0: it does not count

	private *ecdsa.PrivateKey
}

// Credential is the key's name as browsers write it.
func (k *Key) Credential() string { return text(k.ID) }

// Keys returns the passkeys of the device, the oldest first.
func (d *Device) Keys() []*Key { return d.keys }

// Copy is another device with the same keys, as an attacker would have it.
func (d *Device) Copy() *Device {
	c := *d
	c.keys = nil
	for _, k := range d.keys {
		twin := *k
		c.keys = append(c.keys, &twin)
	}
	return &c
}

// Make answers navigator.credentials.create(); nil when the device has a key
// that it should not make a second of.
func (d *Device) Make(t testing.TB, options []byte) []byte {
	t.Helper()
	var in struct {
		Challenge string
		RP        struct{ ID string }
		User      struct{ ID string }
		Exclude   []struct{ ID string } `json:"excludeCredentials"`
	}
	read(t, options, &in)
	for _, x := range in.Exclude {
		if slices.ContainsFunc(d.keys, func(k *Key) bool { return k.Credential() == x.ID }) {
			return nil
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := &Key{ID: random(t, 16), Holder: plain(t, in.User.ID), Site: in.RP.ID, Counter: 1, private: private}
	d.keys = append(d.keys, k)
	object := cbor(pair{"fmt", "none"}, pair{"attStmt", []byte(nil)}, pair{"authData", d.data(k, true)})
	return answer(t, k, map[string]any{
		"clientDataJSON": text(d.client(t, "webauthn.create", in.Challenge)), "attestationObject": text(object), "transports": []string{"internal"},
	})
}

// Sign answers navigator.credentials.get() with the newest key for the site; nil
// when the device has none.
func (d *Device) Sign(t testing.TB, options []byte) []byte {
	t.Helper()
	var in struct {
		Challenge string
		RPID      string `json:"rpId"`
	}
	read(t, options, &in)
	var k *Key
	for _, x := range d.keys {
		if x.Site == in.RPID || d.Site != "" {
			k = x
		}
	}
	if k == nil {
		return nil
	}
	if k.Counter > 0 {
		k.Counter++
	}
	data, client := d.data(k, false), d.client(t, "webauthn.get", in.Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(bytes.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return answer(t, k, map[string]any{
		"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature), "userHandle": text(k.Holder),
	})
}

// data is the authenticator's data: whose site, what happened, how often.
func (d *Device) data(k *Key, made bool) []byte {
	site := k.Site
	if d.Site != "" {
		site = d.Site
	}
	hash := sha256.Sum256([]byte(site))
	const present, verified, attested = 1, 4, 64
	flags := byte(present | verified)
	if d.Silent {
		flags = present
	}
	if made {
		flags |= attested
	}
	out := append(hash[:], flags)
	out = binary.BigEndian.AppendUint32(out, k.Counter)
	if !made {
		return out
	}
	out = append(out, make([]byte, 16)...) // of no model in particular
	out = binary.BigEndian.AppendUint16(out, uint16(len(k.ID)))
	return append(append(out, k.ID...), k.public()...)
}

// public is the key as COSE writes it: EC2, ES256, P-256, x, y.
func (k *Key) public() []byte {
	point, err := k.private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	out := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32}
	out = append(out, point[1:33]...)
	return append(append(out, 0x22, 0x58, 32), point[33:]...)
}

// client is what the browser says about the page.
func (d *Device) client(t testing.TB, kind, challenge string) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func answer(t testing.TB, k *Key, response map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"id": k.Credential(), "rawId": k.Credential(), "type": "public-key", "authenticatorAttachment": "platform",
		"response": response, "clientExtensionResults": map[string]any{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pair is an entry of a CBOR map: text, an empty map (nil), or bytes.
type pair struct {
	name  string
	value any
}

func cbor(pairs ...pair) []byte {
	out := []byte{0xa0 | byte(len(pairs))}
	for _, p := range pairs {
		out = append(append(out, 0x60|byte(len(p.name))), p.name...)
		switch v := p.value.(type) {
		case string:
			out = append(append(out, 0x60|byte(len(v))), v...)
		case []byte:
			if v == nil {
				out = append(out, 0xa0)
				continue
			}
			out = binary.BigEndian.AppendUint16(append(out, 0x59), uint16(len(v)))
			out = append(out, v...)
		}
	}
	return out
}

func random(t testing.TB, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func plain(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t testing.TB, b []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("options %s: %v", b, err)
	}
}
