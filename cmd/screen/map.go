package screen

import (
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/words"
)

// MapOptions returns what standard output can show of a blocks map: width, colors, Unicode.
func (s *Screen) MapOptions() report.TextOptions {
	return report.TextOptions{
		Width:   s.Width,
		Color:   s.OutTTY && colorful(),
		Unicode: os.Getenv("TERM") != "dumb" && utf8Locale(),
		Exact:   words.HintFull, Pictures: words.HintPictures,
	}
}

// utf8Locale reports whether the locale is UTF-8, by LC_ALL, LC_CTYPE or LANG, in this order.
func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToLower(strings.ReplaceAll(v, "-", ""))
			return strings.Contains(v, "utf8")
		}
	}
	return false
}
