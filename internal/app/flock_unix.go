//go:build unix

package app

import (
	"os"
	"syscall"
)

// flock takes the advisory lock of a file, or fails at once when it is taken.
func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
