package ramdisk

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/mtkkit/mtkkit/flash"
)

// Compression is how a segment is packed.
type Compression string

// The compressions that ramdisks of phones have.
const (
	None      Compression = "none"
	Gzip      Compression = "gzip"
	LZ4Legacy Compression = "lz4 legacy"
	LZ4       Compression = "lz4"
	XZ        Compression = "xz"
	LZMA      Compression = "lzma"
)

// Sniff tells the compression of the bytes that begin with b, "" when it is none that
// ramdisks have.
func Sniff(b []byte) Compression {
	for _, m := range []struct {
		magic string
		c     Compression
	}{
		{"\x1F\x8B\x08", Gzip}, {"\x02\x21\x4C\x18", LZ4Legacy}, {"\x04\x22\x4D\x18", LZ4},
		{"\xFD7zXZ\x00", XZ}, {"070701", None}, {"070702", None},
	} {
		if bytes.HasPrefix(b, []byte(m.magic)) {
			return m.c
		}
	}
	// lzma has no magic but the properties that everybody uses, and a dictionary of
	// whole 64 KiB.
	if len(b) > 13 && b[0] == 0x5D && b[1] == 0 && b[2] == 0 && lzma.ValidHeader(b[:13]) {
		return LZMA
	}
	return ""
}

// maxDict is the largest dictionary that is believed: memory is taken for it before the
// first byte comes out.
const maxDict = 64 << 20

// LimitError says that something unpacks to more than is allowed.
type LimitError struct{ Limit int64 }

func (e *LimitError) Error() string {
	return fmt.Sprintf("ramdisk: unpacks to more than the limit of %s", flash.Size(e.Limit))
}

// Unpack undoes the compression of what b begins with. It returns how many bytes of b
// that took, and a *LimitError when the result would be larger than limit.
func Unpack(b []byte, c Compression, limit int64) (out []byte, used int, err error) {
	if c == LZ4Legacy {
		return unpackLegacy(b, limit)
	}
	// Two of the libraries read on behind the stream: they get no more than that.
	switch c {
	case XZ:
		s, err := walkXZ(b)
		if err != nil {
			return nil, 0, err
		}
		if s.filtered() {
			out, err := s.unpack(limit)
			return out, s.at, err
		}
		b = b[:s.at]
	case LZ4:
		n, err := lz4Length(b)
		if err != nil {
			return nil, 0, err
		}
		b = b[:n]
	}
	src := bytes.NewReader(b)
	var r io.Reader
	switch c {
	case Gzip:
		var z *gzip.Reader
		if z, err = gzip.NewReader(src); err == nil {
			z.Multistream(false)
			r = z
		}
	case LZ4:
		r = lz4.NewReader(src)
	case XZ:
		r, err = xz.NewReader(src)
	case LZMA:
		r, err = lzma.ReaderConfig{DictCap: maxDict}.NewReader(src)
	default:
		err = fmt.Errorf("ramdisk: no unpacker for %q", string(c))
	}
	if err != nil {
		return nil, 0, err
	}
	out, err = readLimited(r, limit)
	return out, len(b) - src.Len(), err
}

func readLimited(r io.Reader, limit int64) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(out)) > limit {
		return nil, &LimitError{limit}
	}
	return out, err
}

// Pack compresses b so that a kernel takes it.
func Pack(b []byte, c Compression) ([]byte, error) {
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch c {
	case None:
		return b, nil
	case LZ4Legacy:
		return packLegacy(b)
	case Gzip:
		var z *gzip.Writer
		z, err = gzip.NewWriterLevel(&out, gzip.BestCompression)
		z.OS = 3 // Unix, as the build's own gzip writes
		w = z
	case LZ4:
		z := lz4.NewWriter(&out)
		err = z.Apply(lz4.CompressionLevelOption(lz4.Level9), lz4.BlockSizeOption(lz4.Block4Mb))
		w = z
	case XZ: // kernels check CRC32 only
		w, err = xz.WriterConfig{CheckSum: xz.CRC32, DictCap: 1 << 20}.NewWriter(&out)
	case LZMA:
		w, err = lzma.WriterConfig{DictCap: 1 << 23, Size: int64(len(b)), SizeInHeader: true}.NewWriter(&out)
	default:
		err = fmt.Errorf("ramdisk: no packer for %q", string(c))
	}
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
