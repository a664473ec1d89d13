package site_test

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/site"
)

func TestWhatIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"1.1.1.1": true, "8.8.8.8": true, "93.184.215.14": true, "172.15.255.255": true, "172.32.0.0": true, "100.63.255.255": true,
		"100.128.0.0": true, "192.0.1.0": true, "198.17.255.255": true, "198.20.0.0": true, "223.255.255.255": true, "11.0.0.0": true,
		"2606:4700::1111": true, "2a00:1450::1": true, "2003::1": true, "2001:200::1": true,
		"64:ff9b::8.8.8.8": true, "::ffff:8.8.8.8": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false,
		"127.255.255.254": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.8": false,
		"192.0.2.7": false, "192.88.99.1": false, "192.168.1.1": false, "198.18.0.1": false, "198.19.255.255": false,
		"198.51.100.1": false, "203.0.113.9": false, "224.0.0.1": false, "239.255.255.250": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "2606:4700::1%eth0": false, "fec0::1": false, "fc00::1": false, "fd00:ec2::254": false,
		"ff02::1": false, "ff0e::1": false, "2001:db8::1": false, "3fff::1": false, "100::1": false, "5f00::1": false, "4000::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "::ffff:0:127.0.0.1": false,
		"64:ff9b::127.0.0.1": false, "64:ff9b::169.254.169.254": false, "64:ff9b:1::8.8.8.8": false,
		"2002:7f00:1::1": false, "2002:808:808::1": false, // 6to4, whatever is in it
		"2001:0:4136:e378:8000:63bf:3fff:fdd2": false, // Teredo
		"2001:10::1":                           false, "2001:20::1": false, "2001:2::1": false,
	} {
		if got := site.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v, want %v", address, got, want)
		}
	}
}

// Whatever is in an address that stands for a special one, none of its forms is
// public; and what Go knows as special never is.
func TestNoFormOfASpecialAddressIsPublic(t *testing.T) {
	nets := []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	}
	rapid.Check(t, func(t *rapid.T) {
		network := netip.MustParsePrefix(rapid.SampledFrom(nets).Draw(t, "network"))
		var b [4]byte
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes"))
		base := network.Addr().As4()
		for bit := range network.Bits() {
			mask := byte(0x80 >> (bit % 8))
			b[bit/8] = b[bit/8]&^mask | base[bit/8]&mask
		}
		forms := map[string]netip.Addr{"itself": netip.AddrFrom4(b)}
		for name, prefix := range map[string]string{"mapped": "::ffff:0:0", "compatible": "::", "NAT64": "64:ff9b::", "local NAT64": "64:ff9b:1::", "Teredo": "2001::"} {
			wide := netip.MustParseAddr(prefix).As16()
			copy(wide[12:], b[:])
			forms[name] = netip.AddrFrom16(wide)
		}
		six := netip.MustParseAddr("2002::1").As16()
		copy(six[2:], b[:])
		forms["6to4"] = netip.AddrFrom16(six)
		for name, a := range forms {
			if site.Public(a) {
				t.Fatalf("%s, as %s (%s), is public", netip.AddrFrom4(b), a, name)
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "four") {
			a, _ = netip.AddrFromSlice(a.AsSlice()[:4])
		}
		special := a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || !a.IsGlobalUnicast()
		if special && site.Public(a) {
			t.Fatalf("%s is public", a)
		}
	})
}

func TestWhatIsDialled(t *testing.T) {
	f := site.NewFetcher(site.Config{Permit: netip.MustParseAddrPort("127.0.0.1:9000")})
	for address, want := range map[string]bool{
		"8.8.8.8:80": true, "8.8.8.8:443": true, "[2606:4700::1111]:443": true, "127.0.0.1:9000": true, "[::ffff:127.0.0.1]:9000": true,
		"8.8.8.8:22": false, "8.8.8.8:9000": false, "8.8.8.8:0": false, "127.0.0.1:80": false, "127.0.0.2:9000": false, "[::1]:9000": false,
		"10.0.0.1:443": false, "[fe80::1%eth0]:80": false, "[::ffff:10.0.0.1]:80": false, "example.org:80": false, "": false,
	} {
		if err := f.Control(address); (err == nil) != want {
			t.Errorf("%s: %v, want allowed %v", address, err, want)
		}
	}
}
