package meter

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// dentrySize is what names a socket in the kernel. Its cache is not read, because
// every file of the machine is in it.
const dentrySize = 192

// Kernel returns what the kernel holds for all sockets of the machine, in KiB:
// their protocol state, inodes, files, names and places in epoll sets. Where its
// lists may not be read (they are root's), it is all unreclaimable slab memory,
// which is less exact: inodes and names are missing, other things are in it.
func Kernel() (float64, error) {
	b, err := os.ReadFile("/proc/slabinfo")
	if os.IsPermission(err) || os.IsNotExist(err) {
		return field("/proc/meminfo", "SUnreclaim:")
	}
	if err != nil {
		return 0, fmt.Errorf("read the kernel's memory: %w", err)
	}
	sum := 0.0
	for line := range strings.Lines(string(b)) {
		words := strings.Fields(line)
		if len(words) < 4 {
			continue
		}
		extra := 0.0
		switch words[0] {
		case "TCP", "filp", "eventpoll_epi", "tcp_bind_bucket", "tcp_bind2_bucket":
		case "sock_inode_cache":
			extra = dentrySize
		default:
			continue
		}
		objects, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			return 0, fmt.Errorf("read the kernel's memory: %w", err)
		}
		size, err := strconv.ParseFloat(words[3], 64)
		if err != nil {
			return 0, fmt.Errorf("read the kernel's memory: %w", err)
		}
		sum += objects * (size + extra) / 1024
	}
	return sum, nil
}
