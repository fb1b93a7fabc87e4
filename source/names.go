package source

import (
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// named are the names that tools give to whole regions. They are used only if the content says
// nothing: a blank second boot region, a UFS unit without a table.
var named = []struct {
	names  *regexp.Regexp
	region func(flash.Storage) flash.Region
}{
	{regexp.MustCompile(`^(emmc_)?boot_?1$|^preloader(_and_dsp)?$|^(ufs_)?lun?0$`), flash.Storage.Boot1},
	{regexp.MustCompile(`^(emmc_)?boot_?2$|^preloader_(backup|2)$|^(ufs_)?lun?1$`), flash.Storage.Boot2},
	{regexp.MustCompile(`^(emmc_)?rpmb$`), func(flash.Storage) flash.Region { return flash.EMMCRPMB }},
	{regexp.MustCompile(`^rom_[0-9]+$|^(emmc_)?user(area)?$|^flash$|^(ufs_)?lun?2$|^dump$`), flash.Storage.User},
}

// regionNamed returns the region that a file name stands for, "" for none.
func regionNamed(name string, storage flash.Storage) flash.Region {
	stem := stemOf(name)
	for _, n := range named {
		if n.names.MatchString(stem) {
			return n.region(storage)
		}
	}
	if n, ok := strings.CutPrefix(strings.TrimPrefix(stem, "ufs_"), "lu"); ok && storage == flash.UFS {
		if n = strings.TrimPrefix(n, "n"); len(n) == 1 && n >= "3" && n <= "7" {
			return flash.Region("UFS_LU" + n)
		}
	}
	return ""
}

// endings are what tools append to the name of a partition or region.
var endings = regexp.MustCompile(`\.(zst|gz|xz|lz4|bz2|zip|img|bin|raw|ext4|emmc|mbn|simg|dump)$`)

// stemOf returns a file's name in lower case, without endings and marks.
func stemOf(name string) string {
	stem := strings.ToLower(name)
	for {
		short := endings.ReplaceAllString(stem, "")
		if short == stem || short == "" {
			return strings.TrimPrefix(stem, "nodl_") // mark of MTK Droid Tools for "do not download"
		}
		stem = short
	}
}
