package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"
)

func sign(header, body, secret string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(body))
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

func TestATokenIsReallyChecked(t *testing.T) {
	now := time.Unix(1000, 0)
	good := sign(`{"alg":"HS256"}`, `{"sub":"mira","exp":2000}`, "secret")
	if who, err := verify(good, []byte("secret"), now); err != nil || who != "mira" {
		t.Errorf("a good token: %q %v", who, err)
	}
	for name, token := range map[string]string{
		"empty":           "",
		"another key":     sign(`{"alg":"HS256"}`, `{"sub":"mira","exp":2000}`, "other"),
		"expired":         sign(`{"alg":"HS256"}`, `{"sub":"mira","exp":999}`, "secret"),
		"another kind":    sign(`{"alg":"none"}`, `{"sub":"mira","exp":2000}`, "secret"),
		"a changed claim": good[:len(good)-44] + "x" + good[len(good)-43:],
	} {
		if _, err := verify(token, []byte("secret"), now); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
}
