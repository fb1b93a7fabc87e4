package commands

import "github.com/urfave/cli/v2"

func imageCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "image",
		Usage: "look into images: files, true lengths, logical partitions; convert sparse images",
		Subcommands: []*cli.Command{
			imageInfoCommand(u), imageLsCommand(u), imageCatCommand(u),
			imageTrimCommand(u), imageSparseCommand(u), imageRawCommand(u), imageSuperCommand(u),
		},
	}
}
