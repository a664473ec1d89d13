package socket

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
)

// arrival is how a handler answers a handshake that came without net/http: a
// socket, or a short refusal.
type arrival struct {
	wire   *descriptor
	early  []byte // what came behind the handshake
	header http.Header
	status int
	body   bytes.Buffer
	taken  bool
}

// Header implements http.ResponseWriter.
func (a *arrival) Header() http.Header {
	if a.header == nil { // who becomes a socket needs none
		a.header = http.Header{}
	}
	return a.header
}

// WriteHeader implements http.ResponseWriter.
func (a *arrival) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *arrival) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// finish sends a refusal, if the connection has not become a socket.
func (a *arrival) finish() {
	if a.taken {
		return
	}
	a.WriteHeader(http.StatusOK)
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	a.Header().Set("Connection", "close")
	a.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	a.header.Write(&out) //nolint:errcheck // a buffer takes all
	out.WriteString("\r\n")
	out.Write(a.body.Bytes())
	a.wire.refuse(out.Bytes())
}
