package flash_test

import (
	"bytes"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

func TestConcat(t *testing.T) {
	all := make([]byte, 20000)
	for i := range all {
		all[i] = byte(i * 7 >> 3)
	}
	cut := func(from, to int) flash.Image { return bytes.NewReader(all[from:to]) }
	for name, img := range map[string]flash.Image{
		"one":            flash.Concat(cut(0, 20000)),
		"several":        flash.Concat(cut(0, 1), cut(1, 513), cut(513, 4096), cut(4096, 20000)),
		"empty and none": flash.Concat(cut(0, 0), cut(0, 9000), nil, cut(9000, 9000), cut(9000, 20000), cut(0, 0)),
		"of slices":      flash.Concat(flash.Slice(cut(0, 20000), flash.Extent{Length: 300}), flash.Slice(cut(0, 20000), flash.Extent{Offset: 300, Length: 19700})),
	} {
		t.Run(name, func(t *testing.T) { flashtest.TestImage(t, img, all) })
	}
	t.Run("nothing", func(t *testing.T) { flashtest.TestImage(t, flash.Concat(), nil) })
}
