package brom

import "testing"

// What was heard begins and ends anywhere in the stream of READY.
func TestWithoutReady(t *testing.T) {
	for heard, want := range map[string]string{
		"": "", "READY": "", "READYREADY": "", "READYR": "", "READYREAD": "", "YREADYREADY": "", "EADYREADYREA": "",
		"R": "", "$GPRMC": "$GPRMC", "READY$GPRMCREADY": "$GPRMC", "AT\r": "AT\r",
	} {
		if got := string(withoutReady([]byte(heard))); got != want {
			t.Errorf("%q: %q, want %q", heard, got, want)
		}
	}
}
