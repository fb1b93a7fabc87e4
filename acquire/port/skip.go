package port

import (
	"sync"
	"time"
)

// Skipper is a Bus on which ports can be passed over for a while: those that opened, and on
// which nobody spoke. Whoever waits on it meets a phone that is plugged in later first.
type Skipper struct {
	Bus
	mu     sync.Mutex
	passed map[string]time.Time // until when, by name
}

// NewSkipper returns the ports of bus, none of them passed over.
func NewSkipper(bus Bus) *Skipper { return &Skipper{Bus: bus, passed: map[string]time.Time{}} }

// Pass keeps a port out of List for d, and behind the others after that, until it leaves
// the bus: when it comes back it is a new one.
func (s *Skipper) Pass(name string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passed[name] = time.Now().Add(d)
}

// Passed reports whether the port was passed over and is still the same.
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
