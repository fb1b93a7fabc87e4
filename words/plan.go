package words

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// Copies says which copies a plan makes, and which tools use them.
func Copies(p *plan.Plan) []string {
	count := map[flash.Kind]int{}
	for _, it := range p.Items {
		count[it.Kind]++
	}
	var out []string
	if n := count["trimmed"]; n > 0 {
		out = append(out, fmt.Sprintf("%d trimmed copies: the scatter file names them; join uses the whole images beside them", n))
	}
	if n := count["sparse"]; n > 0 {
		out = append(out, fmt.Sprintf("%d sparse images for fastboot: the scatter file names the other images, which every flash tool takes", n))
	}
	return out
}
