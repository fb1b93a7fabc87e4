//go:build !windows

package acquire

import (
	"os"
	"syscall"
	"testing"
)

// takes returns how much room a file takes, bytes.
func takes(t testing.TB, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int64(st.Sys().(*syscall.Stat_t).Blocks) * 512
}
