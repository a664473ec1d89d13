package contender

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificate is the same pair of files for every server that speaks TLS.
type certificate struct {
	file, key string
	client    *tls.Config
}

func newCertificate(folder string) (certificate, error) {
	c := certificate{file: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem")}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, fmt.Errorf("make a key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "bench"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return c, fmt.Errorf("make a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return c, fmt.Errorf("make a key: %w", err)
	}
	for name, block := range map[string]*pem.Block{c.file: {Type: "CERTIFICATE", Bytes: der}, c.key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			return c, fmt.Errorf("write a certificate: %w", err)
		}
	}
	known, err := x509.ParseCertificate(der)
	if err != nil {
		return c, fmt.Errorf("read a certificate: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(known)
	c.client = &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13}
	return c, nil
}

// arguments are the settings that make a server speak TLS in a class.
func (c certificate) arguments(class Class) []string {
	if !class.TLS {
		return nil
	}
	return []string{"--tls-cert", c.file, "--tls-key", c.key}
}

// config is what a client needs in a class.
func (c certificate) config(class Class) *tls.Config {
	if !class.TLS {
		return nil
	}
	return c.client
}
