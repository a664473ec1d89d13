package account

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Parameters of argon2id: the second choice of the OWASP Password Storage Cheat
// Sheet (19 MiB, 2 passes, 1 lane), as RFC 9106 allows for small machines.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// The length of a password in characters (NIST SP 800-63B, 5.1.1.2).
const (
	passwordMin = 8
	passwordMax = 200
)

func checkPassword(password, name string) error {
	n := utf8.RuneCountInString(password)
	if n < passwordMin || n > passwordMax || strings.EqualFold(password, name) || allEqual(password) {
		return fault.New(fault.Invalid, "password_weak", "A password has at least %d characters and is not your name.", passwordMin)
	}
	return nil
}

func allEqual(s string) bool { return s != "" && strings.Count(s, s[:1]) == len(s) }

// hashPassword returns the password in PHC form.
func hashPassword(password string, random io.Reader) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		argonMemory, argonTime, argonLanes, enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

// passwordMatches compares in constant time. A malformed hash matches nothing.
func passwordMatches(phc, password string) bool {
	var version, memory, passes, lanes int
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil {
		return false
	}
	if version != argon2.Version || memory > 1<<20 || passes > 16 || lanes > 16 || memory < 8 || passes < 1 || lanes < 1 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1
}
