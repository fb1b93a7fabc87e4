package commands

import "github.com/urfave/cli/v2"

// backupCommand gathers what keeps backups: one command a line, each in a file of its
// own.
func backupCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "backup",
		Usage: "keep backups: a dump as one small file that is checked, or many in one place",
		Description: "An archive is a tar in zstd: tar --zstd -xf unpacks it into a folder that a flash tool can use.\n" +
			"It needs no unpacking to be read: info, list, cat, split and blocks take it like a dump.",
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
