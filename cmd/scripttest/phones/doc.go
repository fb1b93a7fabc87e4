// Package phones tests the program on virtual phones: faults of every kind, lost phones, and simulate.
package phones
