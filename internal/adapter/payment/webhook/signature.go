// Package webhook lets payment providers tell us that something changed.
//
// Owns: the signature on an event's bytes (the shape that Stripe made common:
// 't=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">') and the HTTP route that
// takes events in. Promises: nothing is believed whose signature was not
// verified in constant time, that is older than five minutes or from the
// future; an event is answered with 200 only once it would survive a crash; a
// repeated one is answered with 200 and has no second effect; what is longer
// than 64 KiB is refused unread. Does not do: applying events (package
// subscription does, and asks the provider for the truth).
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// How far a signature's time may be from ours. The first is Stripe's default
// tolerance; the second allows for clocks that differ, and closes what Stripe's
// own library leaves open.
const (
	maxAge    = 5 * time.Minute
	maxFuture = time.Minute
)

// maxSignatures bounds the work that one header can ask for.
const maxSignatures = 8

// Sign returns the header for body at now, with one signature per secret: while
// a secret is being replaced, both sign.
func Sign(body []byte, now time.Time, secrets ...string) string {
	t := strconv.FormatInt(now.Unix(), 10)
	parts := []string{"t=" + t}
	for _, secret := range secrets {
		parts = append(parts, "v1="+hex.EncodeToString(digest(secret, t, body)))
	}
	return strings.Join(parts, ",")
}

// Verify accepts a header in which any v1 fits any of the secrets. It refuses
// with signature_invalid or signature_stale.
func Verify(header string, body []byte, now time.Time, secrets ...string) error {
	t, signatures := parse(header)
	if !anyFits(t, signatures, body, secrets) {
		return fault.New(fault.Invalid, "signature_invalid", "The event's signature does not fit. Check the webhook's secret.")
	}
	seconds, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "signature_invalid", "The event's signature carries no time.")
	}
	at := time.Unix(seconds, 0)
	if now.Sub(at) > maxAge || at.Sub(now) > maxFuture {
		return fault.New(fault.Invalid, "signature_stale", "The event was not signed just now. Check the clocks of both servers.")
	}
	return nil
}

func parse(header string) (t string, signatures [][]byte) {
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			t = value
		case "v1":
			if sum, err := hex.DecodeString(value); err == nil && len(signatures) < maxSignatures {
				signatures = append(signatures, sum)
			}
		}
	}
	return t, signatures
}

func anyFits(t string, signatures [][]byte, body []byte, secrets []string) bool {
	fits := false
	for _, secret := range secrets {
		if secret == "" {
			continue // an unset secret must not be one that everybody knows
		}
		want := digest(secret, t, body)
		for _, got := range signatures {
			fits = hmac.Equal(want, got) || fits
		}
	}
	return fits
}

func digest(secret, t string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
