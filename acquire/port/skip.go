package port

import (
	"sync"
	"time"
)

// Skipper is a Bus that can skip ports for a while: those that could be opened but did not answer.
// So a wait finds a phone that is plugged in later first.
type Skipper struct {
	Bus
	mu     sync.Mutex
	passed map[string]time.Time // end of the skipping, by name
}

// NewSkipper returns a Skipper for bus that skips no port.
func NewSkipper(bus Bus) *Skipper { return &Skipper{Bus: bus, passed: map[string]time.Time{}} }

// Pass removes a port from List for d, and puts it after the others then. This ends when the port
// leaves the bus; if it comes back, it counts as new.
func (s *Skipper) Pass(name string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passed[name] = time.Now().Add(d)
}

// Passed reports whether Pass was called for the port since it appeared.
func (s *Skipper) Passed(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, yes := s.passed[name]
	return yes
}

// List implements Bus.
func (s *Skipper) List() ([]Info, error) {
	ports, err := s.Bus.List()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var fresh, last []Info
	there := map[string]bool{}
	for _, p := range ports {
		there[p.Name] = true
		switch until, yes := s.passed[p.Name]; {
		case !yes:
			fresh = append(fresh, p)
		case !time.Now().Before(until):
			last = append(last, p)
		}
	}
	for name := range s.passed {
		if !there[name] {
			delete(s.passed, name)
		}
	}
	return append(fresh, last...), nil
}
