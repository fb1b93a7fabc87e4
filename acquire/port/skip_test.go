package port_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// A port passed over stays out of sight for a while, and behind the others after that; one
// that has left the bus and come back is a new one.
func TestSkipper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &several{names: []string{"a", "b", "c"}}
		s := port.NewSkipper(bus)
		see := func(when, want string) {
			t.Helper()
			ports, err := s.List()
			var names []string
			for _, p := range ports {
				names = append(names, p.Name)
			}
			if got := fmt.Sprint(names); err != nil || got != want {
				t.Errorf("%s: %s, %v, want %s", when, got, err, want)
			}
		}
		see("at first", "[a b c]")
		s.Pass("a", 3*time.Second)
		see("passed over", "[b c]")
		time.Sleep(3 * time.Second)
		see("after its time", "[b c a]")
		if !s.Passed("a") || s.Passed("b") {
			t.Error("who was passed over is not known")
		}
		s.Pass("a", time.Hour)
		bus.names = []string{"b", "c"}
		see("gone", "[b c]")
		bus.names = []string{"a", "b", "c"}
		see("and back", "[a b c]")
		if s.Passed("a") {
			t.Error("a new port is taken for the old one")
		}
	})
}

// It opens as the bus beneath does.
func TestSkipperOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := port.NewSkipper(&several{names: []string{"a", "b"}})
		s.Pass("a", time.Second)
		line, info, err := port.Open(t.Context(), s, anyPort)
		if err != nil || info.Name != "b" {
			t.Fatal(info, err)
		}
		line.Close()
	})
}
