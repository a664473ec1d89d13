package bus

import (
	"log/slog"
	"time"
)

// OpenPatient is Open with another patience for a server that does not read.
func OpenPatient(url string, log *slog.Logger, patience time.Duration) (*Bus, error) {
	return open(url, log, patience)
}
