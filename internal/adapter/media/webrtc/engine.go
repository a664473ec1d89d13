package webrtc

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// bindTries is how often a free port is looked for that is free for both.
const bindTries = 10

// bind takes the same port for UDP and TCP.
func bind(address string) (net.PacketConn, net.Listener, error) {
	var err error
	for range bindTries {
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", address); err != nil {
			break
		}
		var udp net.PacketConn
		if udp, err = net.ListenPacket("udp", tcp.Addr().String()); err == nil {
			return udp, tcp, nil
		}
		_ = tcp.Close() // it was never used
		if _, port, _ := net.SplitHostPort(address); port != "0" {
			break
		}
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, nil, fault.New(fault.Conflict, "rtc_address_busy",
			"Another program already uses %s, where WebRTC should connect. Stop it, or choose another address with --rtc-listen.", address).Because(err)
	}
	return nil, nil, fault.New(fault.Invalid, "rtc_address_invalid",
		"WebRTC cannot use %q (--rtc-listen): %v.", address, err).Because(err)
}

// Sizes of what waits on its way by TCP, for each connection. A write never
// waits for a slow reader: what does not fit is lost, as it would be by UDP.
const (
	tcpReadPackets = 64
	tcpWriteBytes  = 1 << 20
)

// muxes share the port among all connections. One by TCP that does not say soon
// which of them it belongs to, or names one that there is not, is closed.
func muxes(udp net.PacketConn, tcp net.Listener, viewers int, log *slog.Logger) (ice.UDPMux, ice.TCPMux) {
	says := logs{log}.NewLogger("mux")
	return ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: udp, Logger: says}), ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener:       newArrivals(tcp, viewers+tcpSpare, tcpPerAddress, log),
		ReadBufferSize: tcpReadPackets, WriteBufferSize: tcpWriteBytes, Logger: says,
		FirstStunBindTimeout: tcpFirst, AliveDurationForConnFromStun: tcpFirst,
	})
}

// When a connection that has fallen silent counts as lost.
const (
	silentAfter = 5 * time.Second
	lostAfter   = 5 * time.Second // more
	aliveEvery  = 2 * time.Second
)

// engine joins what all connections share. The server is ICE-lite: it is reached,
// and reaches nobody by itself.
func engine(udp ice.UDPMux, tcp ice.TCPMux, public []netip.Addr, at net.Addr, log *slog.Logger) (*pion.API, error) {
	var settings pion.SettingEngine
	settings.LoggerFactory = logs{log}
	settings.SetLite(true)
	settings.SetICEUDPMux(udp)
	settings.SetICETCPMux(tcp)
	settings.SetNetworkTypes([]pion.NetworkType{
		pion.NetworkTypeUDP4, pion.NetworkTypeUDP6, pion.NetworkTypeTCP4, pion.NetworkTypeTCP6,
	})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(silentAfter, lostAfter, aliveEvery)
	if a, ok := at.(*net.UDPAddr); ok && a.IP.IsLoopback() {
		settings.SetIncludeLoopbackCandidate(true)
	}
	if len(public) > 0 {
		texts := make([]string, len(public))
		for i, a := range public {
			texts[i] = a.String()
		}
		err := settings.SetICEAddressRewriteRules(pion.ICEAddressRewriteRule{
			External: texts, AsCandidateType: pion.ICECandidateTypeHost, Mode: pion.ICEAddressRewriteReplace,
		})
		if err != nil {
			return nil, fmt.Errorf("say the public addresses of WebRTC: %w", err)
		}
	}
	// The other side knows first that the way is open. A greeting of ours could come
	// too early, and would be repeated after a second.
	if err := settings.SetAnsweringDTLSRole(pion.DTLSRoleServer); err != nil {
		return nil, fmt.Errorf("prepare WebRTC: %w", err)
	}
	var codecs pion.MediaEngine
	if err := register(&codecs); err != nil {
		return nil, err
	}
	var chain interceptor.Registry
	if err := pion.RegisterDefaultInterceptors(&codecs, &chain); err != nil {
		return nil, fmt.Errorf("prepare WebRTC: %w", err)
	}
	return pion.NewAPI(pion.WithMediaEngine(&codecs), pion.WithSettingEngine(settings), pion.WithInterceptorRegistry(&chain)), nil
}

// Payload types that we would offer; in an answer those of the offer are used.
const (
	opusType  = 111
	videoType = 102
)

// profiles of H.264 that browsers and encoders name: constrained baseline,
// baseline, main, and high in two spellings.
func profiles() []string { return []string{"42e01f", "42001f", "4d001f", "640c1f", "64001f"} }

const (
	opusRate  = 48000
	videoRate = 90000
)

func register(codecs *pion.MediaEngine) error {
	feedback := []pion.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}
	for i, profile := range profiles() {
		number := pion.PayloadType(videoType + 2*i)
		err := codecs.RegisterCodec(pion.RTPCodecParameters{
			RTPCodecCapability: pion.RTPCodecCapability{
				MimeType: pion.MimeTypeH264, ClockRate: videoRate, SDPFmtpLine: videoFormat(profile), RTCPFeedback: feedback,
			},
			PayloadType: number,
		}, pion.RTPCodecTypeVideo)
		if err != nil {
			return fmt.Errorf("register H.264: %w", err)
		}
		err = codecs.RegisterCodec(pion.RTPCodecParameters{
			RTPCodecCapability: pion.RTPCodecCapability{
				MimeType: pion.MimeTypeRTX, ClockRate: videoRate, SDPFmtpLine: fmt.Sprintf("apt=%d", number),
			},
			PayloadType: number + 1,
		}, pion.RTPCodecTypeVideo)
		if err != nil {
			return fmt.Errorf("register repeats of H.264: %w", err)
		}
	}
	err := codecs.RegisterCodec(pion.RTPCodecParameters{RTPCodecCapability: sound(), PayloadType: opusType}, pion.RTPCodecTypeAudio)
	if err != nil {
		return fmt.Errorf("register Opus: %w", err)
	}
	return nil
}

func videoFormat(profile string) string {
	return "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + profile
}

func sound() pion.RTPCodecCapability {
	return pion.RTPCodecCapability{
		MimeType: pion.MimeTypeOpus, ClockRate: opusRate, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
}
