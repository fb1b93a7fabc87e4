//go:build unix

package ui

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
)

// startApart runs a program that gets no terminal and no Ctrl-C of ours, and outlives us. It does
// not wait for the program's end.
func startApart(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
	}
	go func() { _ = cmd.Wait() }() // the system keeps an ended program until somebody has asked
	return nil
}
