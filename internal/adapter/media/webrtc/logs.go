package webrtc

import (
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// logs hears what the library says of its own accord. A warning of one is about
// the network of somebody, and nothing that an operator can do anything about.
type logs struct{ log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (l logs) NewLogger(scope string) logging.LeveledLogger {
	return quiet{l.log.With("part", scope)}
}

// quiet drops all but warnings and errors.
type quiet struct{ log *slog.Logger }

func (quiet) Trace(string)          {}
func (quiet) Tracef(string, ...any) {}
func (quiet) Debug(string)          {}
func (quiet) Debugf(string, ...any) {}
func (quiet) Info(string)           {}
func (quiet) Infof(string, ...any)  {}

func (q quiet) Warn(text string)                 { q.log.Debug("webrtc", "says", text) }
func (q quiet) Warnf(format string, args ...any) { q.Warn(fmt.Sprintf(format, args...)) }

func (q quiet) Error(text string)                 { q.Warn(text) }
func (q quiet) Errorf(format string, args ...any) { q.Warn(fmt.Sprintf(format, args...)) }
