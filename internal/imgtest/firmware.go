package imgtest

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
)

// Firmware returns the files of the maker's package for SP Flash Tool, by name: the images that the
// scatter file names, without userdata, and the scatter file. An image ends at the next 4096 bytes
// behind its last byte other than zero, as makers' do; file systems and super are whole.
func (p *Phone) Firmware() map[string][]byte {
	files := map[string][]byte{p.ScatterName(): []byte(p.Scatter)}
	for _, r := range p.Rows {
		if r.File == "" || r.Name == "userdata" || r.Name == "USRDATA" {
			continue
		}
		if r.Region.IsBoot() {
			files[r.File] = p.Preloader
			continue
		}
		img := p.Image(r.Name)
		b := make([]byte, img.Size())
		if _, err := img.ReadAt(b, 0); err != nil && err != io.EOF {
			panic(err)
		}
		if r.Type != "EXT4_IMG" && r.Name != "super" {
			n := len(bytes.TrimRight(b, "\x00"))
			b = b[:min(len(b), (n+4095)/4096*4096)]
		}
		if len(b) > 0 && files[r.File] == nil {
			files[r.File] = b
		}
	}
	return files
}

// WriteFirmware writes the package into a folder.
func (p *Phone) WriteFirmware(dir string) error {
	for name, b := range p.Firmware() {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
