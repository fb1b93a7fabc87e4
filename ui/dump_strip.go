package ui

import (
	"strconv"

	"github.com/mtkkit/mtkkit/report"
)

// strip is a region as it is drawn: an SVG whose lengths are shares of its width, because pages have
// no styles of their own.
type strip struct {
	report.ViewArea
	Height int // pixels
	Parts  []stripPart
}

// stripPart is a segment of a strip.
type stripPart struct {
	report.ViewSegment
	X, W  string // percent of the strip
	Label string // CSS class for the length of its name
	Drawn []run
}

// run is a range with one state.
type run struct {
	X, W  string // percent of the picture
	State string
	Fill  string // pattern, "" for the color of its class
}

// least is the smallest share of a segment, percent: a narrower one could not be seen or clicked on.
const least = 0.28

func stripOf(a report.ViewArea, log bool) strip {
	s := strip{ViewArea: a, Height: 96}
	if a.Small {
		s.Height = 30
	}
	weights := make([]float64, len(a.Segments))
	for i, g := range a.Segments {
		if weights[i] = g.Linear; log {
			weights[i] = g.Log
		}
	}
	at := 0.0
	for i, w := range shares(weights, least) {
		g := a.Segments[i]
		s.Parts = append(s.Parts, stripPart{g, percent(at), percent(w), g.LabelClass(), runsOf(g.Runs, g.Class, at, w)})
		at += w
	}
	return s
}

// shares turns weights into percent. A share has at least the smallest one, which the larger ones give.
func shares(weights []float64, smallest float64) []float64 {
	out := make([]float64, len(weights))
	smallest = min(smallest, 50/max(float64(len(weights)), 1))
	raised := make([]bool, len(weights))
	for again := true; again; {
		sum, left := 0.0, 100.0
		for i, w := range weights {
			if raised[i] {
				left -= smallest
			} else {
				sum += w
			}
		}
		again = false
		for i, w := range weights {
			if !raised[i] {
				out[i] = left * w / sum
				if out[i] < smallest {
					out[i], raised[i], again = smallest, true, true
				}
			}
		}
	}
	return out
}

// runsOf lays runs into a range, from percent at on.
func runsOf(runs []report.ViewRun, class report.Class, at, width float64) (out []run) {
	sum := 0.0
	for _, r := range runs {
		sum += r.N
	}
	for _, r := range runs {
		w := width * r.N / sum
		out = append(out, run{percent(at), percent(w), r.State, fillOf(r.State, class)})
		at += w
	}
	return out
}

// fillOf names the pattern of a state, which pages/_dump.html draws.
func fillOf(state string, class report.Class) string {
	switch state {
	case "z", "e":
		return "url(#" + state + "-" + string(class) + ")"
	case "n", "x":
		return "url(#" + state + ")"
	}
	return ""
}

func percent(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) + "%" }
