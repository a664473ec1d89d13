package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// errToken says that a token opens nothing.
var errToken = errors.New("token is not valid")

// verify returns whom a JWT (HS256) belongs to.
func verify(token string, secret []byte, now time.Time) (string, error) {
	signed, signature, ok := cutLast(token)
	if !ok {
		return "", errToken
	}
	sum := hmac.New(sha256.New, secret)
	sum.Write([]byte(signed))
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(given, sum.Sum(nil)) {
		return "", errToken
	}
	header, body, _ := strings.Cut(signed, ".")
	var kind struct{ Alg string }
	if err := part(header, &kind); err != nil || kind.Alg != "HS256" {
		return "", errToken
	}
	var claims struct {
		Sub string
		Exp int64
	}
	if err := part(body, &claims); err != nil || !now.Before(time.Unix(claims.Exp, 0)) {
		return "", errToken
	}
	return claims.Sub, nil
}

func cutLast(token string) (signed, signature string, ok bool) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 {
		return "", "", false
	}
	return token[:at], token[at+1:], true
}

func part(text string, into any) error {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("read a part of the token: %w", err)
	}
	return json.Unmarshal(b, into)
}
