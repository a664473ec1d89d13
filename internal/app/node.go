package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// nodeName returns this server's name among those that share a database. It is
// made once and kept in the data folder.
func nodeName(s *Server) (string, error) {
	if s.cfg.Node != "" {
		return s.cfg.Node, nil
	}
	file := filepath.Join(s.cfg.Data, "node")
	if b, err := os.ReadFile(file); err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	name := "node-" + strings.ToLower(rand.Text()[:10])
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if err := os.WriteFile(file, []byte(name+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("name of this node: %w", err)
	}
	return name, nil
}

// secretOf returns 32 random bytes that all nodes of a database share, made at
// the first start.
func secretOf(ctx context.Context, s *Server, name string) ([]byte, error) {
	fresh := make([]byte, 32)
	if _, err := s.sur.Random.Read(fresh); err != nil {
		return nil, err
	}
	value, err := s.db.SettingOnce(ctx, name, base64.RawStdEncoding.EncodeToString(fresh))
	if err != nil {
		return nil, err
	}
	return base64.RawStdEncoding.DecodeString(value)
}
