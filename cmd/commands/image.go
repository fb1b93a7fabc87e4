package commands

import "github.com/urfave/cli/v2"

func imageCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "image",
		Usage: "what is inside an image: files, true lengths, logical partitions",
		Subcommands: []*cli.Command{
			imageInfoCommand(u), imageLsCommand(u), imageCatCommand(u),
			imageTrimCommand(u), imageSparseCommand(u), imageRawCommand(u), imageSuperCommand(u),
		},
	}
}
