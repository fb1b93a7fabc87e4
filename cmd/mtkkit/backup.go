package main

import "github.com/urfave/cli/v2"

// backupCommand gathers what keeps backups: one command a line, each in a file of its
// own.
func backupCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "backup",
		Usage: "keep backups, of one phone or of a whole shop",
		Subcommands: []*cli.Command{
			backupPushCommand(u),
			backupPullCommand(u),
		},
	}
}
