package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// shelf is the folder of one authority: the account's key there, and for each
// name a file with its key and the chain.
type shelf struct {
	dir     string
	account crypto.Signer
}

// openShelf makes the folder and the account's key when they are missing.
// Authorities have a folder each: what a rehearsal gave must not be served as
// the real thing.
func openShelf(dir, directory string) (shelf, error) {
	s := shelf{dir: filepath.Join(dir, fileName(strings.TrimPrefix(directory, "https://")))}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return s, unwritable(s.dir, err)
	}
	file := filepath.Join(s.dir, "account.pem")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = s.makeAccount(file)
	}
	if err != nil {
		return s, unwritable(s.dir, err)
	}
	if s.account, err = signer(text); err != nil {
		return s, fault.New(fault.Invalid, "acme_account_unreadable",
			"The file %q holds no key of an account. Restore it, or remove it: a new account is then made.", file).Because(err)
	}
	return s, nil
}

func unwritable(dir string, err error) error {
	return fault.New(fault.Unavailable, "data_not_writable", "Certificates cannot be kept in %q: check its owner and rights, and that the disk is not full.", dir).Because(err)
}

// fileName makes a name of a file that no system takes amiss.
func fileName(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') {
			return r
		}
		return '-'
	}, text), "-.")
}

func (s shelf) makeAccount(file string) ([]byte, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	text, err := keyText(key)
	if err != nil {
		return nil, err
	}
	return text, write(file, text)
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func keyText(key crypto.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func signer(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM in it")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	s, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T", key)
	}
	return s, nil
}

// certificate returns what is kept for the name, or nil.
func (s shelf) certificate(name string) (*tls.Certificate, error) {
	text, err := os.ReadFile(s.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	if err := c.Leaf.VerifyHostname(name); err != nil {
		return nil, err
	}
	return &c, nil
}

func (s shelf) file(name string) string { return filepath.Join(s.dir, fileName(name)+".pem") }

// keep writes the certificate and its key, or leaves what was there.
func (s shelf) keep(name string, c tls.Certificate) error {
	text, err := keyText(c.PrivateKey)
	if err != nil {
		return err
	}
	all := bytes.NewBuffer(text)
	for _, der := range c.Certificate {
		if err := pem.Encode(all, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			return err
		}
	}
	return write(s.file(name), all.Bytes())
}

// write puts a file that only this user reads in its place, whole or not at all.
func write(file string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name()) //nolint:errcheck // the first error tells
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
