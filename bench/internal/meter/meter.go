// Package meter reads what a process and the machine have spent, from /proc.
//
// Owns: CPU time, resident memory, the kernel's own memory. Promises: CPU time
// comes from the scheduler's nanoseconds and counts every thread that lives,
// io_uring's workers among them; ksoftirqd, which does a part of loopback's
// receiving for everybody, is counted apart. Does not do: anything but Linux.
package meter

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Spent is CPU time at one moment; two of them make a difference.
type Spent struct {
	Process time.Duration // of the process, all threads
	User    time.Duration // the share in user mode, in steps of 10 ms
	Softirq time.Duration // of all ksoftirqd threads of the machine
	Busy    time.Duration // of all cores, whoever used them
}

// tick is USER_HZ, which Linux fixes at 100 for /proc.
const tick = 10 * time.Millisecond

// Spend reads what processes and machine have spent so far.
func Spend(pids ...int) (Spent, error) {
	var s Spent
	for _, pid := range pids {
		process, err := threads(pid)
		if err != nil {
			return s, err
		}
		user, err := userTime(pid)
		if err != nil {
			return s, err
		}
		s.Process += process
		s.User += user
	}
	var err error
	if s.Softirq, err = softirq(); err != nil {
		return s, err
	}
	s.Busy, err = busy()
	return s, err
}

// Reading is all there is to read at one moment.
type Reading struct {
	Spent
	Resident float64 // memory of the process, in KiB
	Kernel   float64 // memory of the kernel's sockets, of the whole machine, in KiB
}

// Read reads everything.
func Read(pids ...int) (r Reading, err error) {
	if r.Resident, err = Resident(pids...); err != nil {
		return r, err
	}
	if r.Kernel, err = Kernel(); err != nil {
		return r, err
	}
	r.Spent, err = Spend(pids...)
	return r, err
}

// Since returns what was spent after an earlier reading.
func (s Spent) Since(earlier Spent) Spent {
	return Spent{
		Process: s.Process - earlier.Process, User: s.User - earlier.User,
		Softirq: s.Softirq - earlier.Softirq, Busy: s.Busy - earlier.Busy,
	}
}

// Per divides the whole cost, ksoftirqd included, by a count, in microseconds.
func (s Spent) Per(count int64) float64 { return Micros(s.Process+s.Softirq, count) }

// Micros divides a time by a count.
func Micros(d time.Duration, count int64) float64 {
	if count == 0 {
		return 0
	}
	return float64(d) / float64(time.Microsecond) / float64(count)
}

// Resident returns the resident memory of processes together, in KiB.
func Resident(pids ...int) (float64, error) {
	sum := 0.0
	for _, pid := range pids {
		v, err := field(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Rss:")
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

// field reads the number after a name at the beginning of a line.
func field(path, name string) (float64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == name {
			return strconv.ParseFloat(words[1], 64)
		}
	}
	return 0, fmt.Errorf("read memory: %s has no %s", path, name)
}

func threads(pid int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("read CPU time: there is no process %d", pid)
	}
	var sum time.Duration
	for _, name := range files {
		d, err := scheduled(name)
		if os.IsNotExist(err) { // the thread has ended since the listing
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read CPU time: %w", err)
		}
		sum += d
	}
	return sum, nil
}

// scheduled reads the nanoseconds a thread has run.
func scheduled(name string) (time.Duration, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(b, []byte(" "))
	ns, err := strconv.ParseInt(string(first), 10, 64)
	return time.Duration(ns), err
}

func userTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	// The name in brackets may hold anything; what follows it is numbers.
	words := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(words) < 12 {
		return 0, fmt.Errorf("read CPU time: /proc/%d/stat is short", pid)
	}
	n, err := strconv.ParseInt(string(words[11]), 10, 64)
	return time.Duration(n) * tick, err
}

func softirq() (time.Duration, error) {
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		return 0, fmt.Errorf("find ksoftirqd: %w", err)
	}
	var sum time.Duration
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(b, []byte("ksoftirqd/")) {
			continue
		}
		d, err := scheduled(filepath.Join(filepath.Dir(name), "schedstat"))
		if err != nil {
			return 0, fmt.Errorf("read ksoftirqd: %w", err)
		}
		sum += d
	}
	return sum, nil
}

// busy adds up all but idle and waiting.
func busy() (time.Duration, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the machine's time: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	var sum time.Duration
	for i, word := range strings.Fields(line) {
		if i == 0 || i == 4 || i == 5 || i > 8 { // the name, idle, iowait, guests
			continue
		}
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the machine's time: %w", err)
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}
