package config

import (
	"net"
	"net/netip"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// RTC reports whether the server speaks WebRTC.
func (c Config) RTC() bool { return c.RTCListen != "off" }

// RTCAddresses returns the addresses at which others reach the port of WebRTC;
// none stands for those of this machine.
func (c Config) RTCAddresses() []netip.Addr { return c.addresses }

func (c *Config) checkRTC() error {
	if !c.RTC() {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.RTCListen); err != nil {
		return fault.New(fault.Invalid, "config_invalid", "rtc-listen: %q is neither off nor an address such as 0.0.0.0:8189.", c.RTCListen)
	}
	for _, a := range strings.FieldsFunc(c.RTCAddress, func(r rune) bool { return r == ',' || r == ' ' }) {
		address, err := netip.ParseAddr(a)
		if err != nil || address.IsUnspecified() {
			return fault.New(fault.Invalid, "config_invalid", "rtc-address: %q is not an IP address at which browsers reach this server.", a)
		}
		c.addresses = append(c.addresses, address.Unmap())
	}
	return nil
}
