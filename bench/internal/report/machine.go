package report

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Machine says where and when something was measured, without naming it.
func Machine(now time.Time) string {
	load := "unknown"
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Join(strings.Fields(string(b))[:3], " ")
	}
	kernel := "unknown"
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel, _, _ = strings.Cut(strings.TrimSpace(string(b)), "-")
	}
	return fmt.Sprintf("%s · %d cores, shared · Linux %s · %s · load average at the end %s",
		now.UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), kernel, runtime.Version(), load)
}
