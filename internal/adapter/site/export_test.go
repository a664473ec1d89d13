package site

import "net/netip"

// Public is public.
func Public(a netip.Addr) bool { return public(a) }

// ErrPaced is why a host was not asked.
var ErrPaced = errPaced

// Control is control.
func (f *Fetcher) Control(address string) error { return f.control("tcp", address, nil) }

// KeptFor and ReadMax are what they are called.
const (
	KeptFor = keptFor
	ReadMax = readMax
	KeptMax = keptMax
)

// Kept is how many pages are remembered.
func (f *Fetcher) Kept() int {
	f.kept.mu.Lock()
	defer f.kept.mu.Unlock()
	return len(f.kept.kept)
}
