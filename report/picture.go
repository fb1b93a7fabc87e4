package report

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"math"
)

// Pixel formats of LK's logo.
const (
	bgra   = "BGRA"
	rgb565 = "RGB565"
)

// shape is the layout of bare pixels; a width of 0 means unknown.
type shape struct {
	width, height int
	format        string
	sure          bool
}

func (s shape) depth() int { return depths[s.format] }

var depths = map[string]int{bgra: 4, rgb565: 2}

// screens are the screen sizes of phones, tablets and watches with these chips, in portrait format.
var screens = [][2]int{
	{240, 240}, {240, 320}, {240, 400}, {320, 320}, {320, 480}, {360, 360}, {360, 640}, {390, 390}, {400, 400},
	{454, 454}, {480, 640}, {480, 800}, {480, 854}, {480, 960}, {480, 996}, {540, 960}, {540, 1080}, {600, 1024},
	{720, 1280}, {720, 1440}, {720, 1500}, {720, 1512}, {720, 1520}, {720, 1544}, {720, 1560}, {720, 1600},
	{720, 1612}, {720, 1650}, {768, 1024}, {800, 1280}, {800, 1340}, {1080, 1920}, {1080, 2040}, {1080, 2160}, {1080, 2220},
	{1080, 2240}, {1080, 2246}, {1080, 2280}, {1080, 2300}, {1080, 2310}, {1080, 2312}, {1080, 2340}, {1080, 2376},
	{1080, 2388}, {1080, 2400}, {1080, 2408}, {1080, 2412}, {1080, 2460}, {1200, 1920}, {1200, 2000}, {1220, 2712},
	{1260, 2800}, {1440, 2560}, {1440, 2880}, {1440, 2960}, {1440, 3120}, {1440, 3200}, {1536, 2048}, {1600, 2560},
}

// guess finds the width and format of bare pixels: a known screen with the same number of
// pixels, or else the width for which neighbouring lines differ least. If the format of another
// picture of the logo is known, it is used.
func guess(raw []byte, format string) shape {
	formats := []string{bgra, rgb565}
	if format != "" {
		formats = []string{format}
	}
	var best shape
	lowest, second := math.Inf(1), math.Inf(1)
	try := func(w, h int, f string) {
		score := roughness(raw, w*depths[f])
		switch {
		case score < lowest:
			best, lowest, second = shape{width: w, height: h, format: f}, score, lowest
		case score < second:
			second = score
		}
	}
	for _, f := range formats {
		n := len(raw) / depths[f]
		for _, s := range screens {
			if len(raw)%depths[f] != 0 || s[0]*s[1] != n {
				continue
			}
			try(s[0], s[1], f)
			if s[0] != s[1] {
				try(s[1], s[0], f)
			}
		}
	}
	if best.width > 0 {
		best.sure = lowest < 0.8*second
		return best
	}
	if format == "" {
		formats = []string{rgb565}
		if alphaLike(raw) {
			formats = []string{bgra}
		}
	}
	for _, f := range formats {
		if n := len(raw) / depths[f]; len(raw)%depths[f] == 0 {
			for _, w := range widths(n) {
				try(w, n/w, f)
			}
		}
	}
	return best
}

// widths returns the divisors of n that make a picture with sides in a ratio of at most 6 to 1,
// the squarest first.
func widths(n int) []int {
	var out []int
	for w := int(math.Sqrt(float64(n))); w > 0 && 6*w*w >= n; w-- {
		if n%w == 0 {
			out = append(out, w)
			if n/w != w {
				out = append(out, n/w)
			}
		}
	}
	return out
}

// roughness returns the mean difference between a byte and the byte above it.
func roughness(raw []byte, stride int) float64 {
	if stride <= 0 || stride >= len(raw) {
		return math.Inf(1)
	}
	step := len(raw)>>19 | 1 // odd, so that all channels are used
	sum, n := 0, 0
	for i := stride; i < len(raw); i += step {
		d := int(raw[i]) - int(raw[i-stride])
		sum += max(d, -d)
		n++
	}
	return float64(sum) / float64(n)
}

// alphaLike reports whether every fourth byte looks like alpha: always the same, as in an opaque
// picture, or nearly always 0x00 or 0xFF, while the others are not.
func alphaLike(raw []byte) bool {
	if len(raw)%4 != 0 {
		return false
	}
	extreme := [4]int{}
	for i, b := range raw {
		if b == 0x00 || b == 0xFF {
			extreme[i&3]++
		}
	}
	n := len(raw) / 4
	return extreme[3] > n*9/10 && (raw[3] == 0xFF || extreme[1] < extreme[3])
}

// The size limit of a small picture.
const thumbWidth, thumbHeight = 200, 320

// shrink makes a PNG of a picture, smaller by an integer factor. Each pixel is the mean of the
// pixels that it replaces. The alpha channel is ignored, because LK draws on black.
func shrink(raw []byte, s shape) []byte {
	k := max((s.width+thumbWidth-1)/thumbWidth, (s.height+thumbHeight-1)/thumbHeight, 1)
	w, h := (s.width+k-1)/k, (s.height+k-1)/k
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, mean(raw, s, x*k, y*k, k))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil // a picture without pixels
	}
	return b.Bytes()
}

// mean returns the mean colour of the k by k pixels at x, y.
func mean(raw []byte, s shape, x, y, k int) color.RGBA {
	var r, g, b, n int
	for j := y; j < min(y+k, s.height); j++ {
		for i := x; i < min(x+k, s.width); i++ {
			p := raw[(j*s.width+i)*s.depth():]
			if s.format == bgra {
				r, g, b = r+int(p[2]), g+int(p[1]), b+int(p[0])
			} else {
				v := int(binary.LittleEndian.Uint16(p))
				r, g, b = r+(v>>11)*255/31, g+(v>>5&63)*255/63, b+(v&31)*255/31
			}
			n++
		}
	}
	n = max(n, 1)
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 0xFF}
}
