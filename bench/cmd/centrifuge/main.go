// Command centrifuge is the opponent: the centrifuge library as a chat server
// would use it.
//
// Owns: one node with one open channel. Promises: a token (JWT, HS256) is
// checked for every connection; no history, no presence; options are the
// library's own, default or the best it has for memory and for merging. Does not
// do: anything to slow the library down.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/centrifugal/centrifuge"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "centrifuge:", err)
		os.Exit(1)
	}
}

// options are the command's flags.
type options struct {
	secret, channel, cert, key string
	lean                       bool
	delay                      time.Duration
	ping, pong                 time.Duration
}

func run() error {
	var o options
	flag.StringVar(&o.secret, "secret", "", "key of the tokens")
	flag.StringVar(&o.channel, "channel", "", "the channel that may be used")
	flag.StringVar(&o.cert, "tls-cert", "", "certificate file")
	flag.StringVar(&o.key, "tls-key", "", "key file")
	flag.BoolVar(&o.lean, "lean", false, "the library's best memory options")
	flag.DurationVar(&o.delay, "delay", 0, "how long messages wait to leave together")
	flag.DurationVar(&o.ping, "ping", 25*time.Second, "between pings")
	flag.DurationVar(&o.pong, "pong", 8*time.Second, "for the answer to a ping")
	flag.Parse()
	node, err := o.node()
	if err != nil {
		return err
	}
	if err := node.Run(); err != nil {
		return fmt.Errorf("run the node: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, o.websocket()))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { // run waits for it
		if o.cert != "" {
			ended <- server.ServeTLS(l, o.cert, o.key)
		} else {
			ended <- server.Serve(l)
		}
	}()
	fmt.Println("listening on", l.Addr())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	select {
	case err = <-ended:
	case <-stop:
		server.Close() //nolint:errcheck // the process ends
		if err = <-ended; errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
	}
	return err
}

// node is a node that lets everybody with a token listen and write.
func (o options) node() (*centrifuge.Node, error) {
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelError})
	if err != nil {
		return nil, fmt.Errorf("make the node: %w", err)
	}
	node.OnConnecting(func(_ context.Context, e centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		user, err := verify(e.Token, []byte(o.secret), time.Now())
		if err != nil {
			return centrifuge.ConnectReply{}, centrifuge.ErrorUnauthorized
		}
		reply := centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: user}}
		if o.delay > 0 {
			reply.WriteDelay, reply.MaxMessagesInFrame = o.delay, -1
			reply.WriteWithTimer = o.lean
			reply.ReplyWithoutQueue = true // joining is not to wait for company
		}
		return reply, nil
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(e centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			if e.Channel != o.channel {
				answer(centrifuge.SubscribeReply{}, centrifuge.ErrorPermissionDenied)
				return
			}
			answer(centrifuge.SubscribeReply{}, nil)
		})
		c.OnPublish(func(e centrifuge.PublishEvent, answer centrifuge.PublishCallback) {
			if e.Channel != o.channel {
				answer(centrifuge.PublishReply{}, centrifuge.ErrorPermissionDenied)
				return
			}
			answer(centrifuge.PublishReply{}, nil)
		})
	})
	return node, nil
}

// websocket is the library's defaults, or its options that save memory.
func (o options) websocket() centrifuge.WebsocketConfig {
	c := centrifuge.WebsocketConfig{
		PingPongConfig: centrifuge.PingPongConfig{PingInterval: o.ping, PongTimeout: o.pong},
	}
	if o.lean {
		c.UseWriteBufferPool = true
		c.ReadBufferSize, c.WriteBufferSize = 512, 512
		c.ProcessCommandsOffReadLoop = true
	}
	return c
}
