package screen

import (
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/words"
)

// MapOptions says how much of a blocks map standard output can show.
func (s *Screen) MapOptions() report.TextOptions {
	return report.TextOptions{
		Width:   s.Width,
		Color:   s.OutTTY && colorful(),
		Unicode: os.Getenv("TERM") != "dumb" && utf8Locale(),
		Exact:   words.HintFull, Pictures: words.HintPictures,
	}
}

// utf8Locale asks the environment as programs do: LC_ALL before LC_CTYPE before LANG.
func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToLower(strings.ReplaceAll(v, "-", ""))
			return strings.Contains(v, "utf8")
		}
	}
	return false
}
