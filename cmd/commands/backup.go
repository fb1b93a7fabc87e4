package commands

import "github.com/urfave/cli/v2"

// backupCommand groups the commands for backups; each has its own file.
func backupCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "backup",
		Usage: "make backups: one dump as a small archive, or many dumps in one store; read and restore them",
		Description: "An archive is a tar in zstd: tar --zstd -xf unpacks it into a folder that a flash tool can use.\n" +
			"You need not unpack it: info, list, cat, split and blocks read an archive as they read a dump.",
		Subcommands: []*cli.Command{
			backupCreateCommand(u),
			backupListCommand(u),
			backupVerifyCommand(u),
			backupCatCommand(u),
			backupRestoreCommand(u),
			backupDiffCommand(u),
			backupPushCommand(u),
			backupPullCommand(u),
			backupTagsCommand(u),
			backupPruneCommand(u),
		},
	}
}
