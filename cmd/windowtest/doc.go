// Package windowtest is a test: it starts the program and has a real browser (Debian's Chromium) go
// through the window as a person does, with clicks. The pages are judged by axe-core, and shown at two
// widths, light and dark. MTKKIT_SHOTS names a folder for the pictures, MTKKIT_AXE the file axe.min.js.
package windowtest
