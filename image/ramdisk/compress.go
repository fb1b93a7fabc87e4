package ramdisk

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	unxz "github.com/mikelolasagasti/xz"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/mtkkit/mtkkit/flash"
)

// Compression is the compression of a segment.
type Compression string

// The compressions of ramdisks on phones.
const (
	None      Compression = "none"
	Gzip      Compression = "gzip"
	LZ4Legacy Compression = "lz4 legacy"
	LZ4LG     Compression = "lz4 legacy with its length" // of LG: the unpacked length, a u32, follows
	LZ4       Compression = "lz4"
	XZ        Compression = "xz"
	LZMA      Compression = "lzma"

	// lz4Chain is several legacy frames that contain one archive: kernels ignore a
	// magic between two blocks. It is packed as one frame.
	lz4Chain Compression = "lz4 legacy frames"
)

// Sniff returns the compression of the bytes that begin with b, "" if it is not one of
// ramdisks. LZ4LG begins like LZ4Legacy.
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
	// lzma has no magic, only the properties that every tool uses and a dictionary of
	// whole 64 KiB.
	if len(b) > 13 && b[0] == 0x5D && b[1] == 0 && b[2] == 0 && lzma.ValidHeader(b[:13]) {
		return LZMA
	}
	return ""
}

// maxDict is the largest dictionary that is accepted, in bytes: its memory is allocated
// before the first byte is unpacked.
const maxDict = 64 << 20

// LimitError reports that data unpack to more than Limit bytes.
type LimitError struct{ Limit int64 }

// Error returns the text of the error, with the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("ramdisk: unpacks to more than the limit of %s", flash.Size(e.Limit))
}

// Unpack unpacks the data at the start of img. used is the number of bytes of img that
// were needed. The error is a *LimitError if the result would be larger than limit
// bytes. If the data are damaged, out is the part before the damage.
func Unpack(img flash.Image, c Compression, limit int64) (out []byte, used int64, err error) {
	return (&unpacker{most: firstLook}).unpack(img, c, limit)
}

// unpacker unpacks one stream after the other.
type unpacker struct {
	most    int64 // number of unpacked bytes that are held before a stream is counted
	scratch []byte
}

// firstLook is the number of unpacked bytes that are held before the length of a stream
// is known. A longer stream is unpacked twice, the first time only to count it: memory
// is allocated once, and only for a result that is within the limit.
const firstLook = 32 << 20

func (u *unpacker) unpack(img flash.Image, c Compression, limit int64) (out []byte, used int64, err error) {
	s, err := open(img, c)
	if err != nil {
		return nil, 0, err
	}
	err = u.look(s.r, min(u.most, limit+1))
	size := int64(len(u.scratch))
	if err == nil {
		var n int64
		n, err = io.Copy(io.Discard, io.LimitReader(s.r, limit+1-size))
		size += n
	}
	if err == io.EOF {
		err = nil
	}
	switch {
	case size > limit:
		return nil, 0, &LimitError{limit}
	case size == int64(len(u.scratch)):
		return bytes.Clone(u.scratch), s.used(), err
	}
	used, whole := s.used(), err
	if s, err = open(img, c); err != nil {
		return nil, 0, err
	}
	out = make([]byte, size)
	if _, err := io.ReadFull(s.r, out); err != nil {
		return nil, 0, fmt.Errorf("ramdisk: the data changed between two reads: %w", err)
	}
	return out, used, whole
}

// look reads up to most bytes; io.EOF means that there were no more.
func (u *unpacker) look(r io.Reader, most int64) error {
	const least = 64 << 10
	for b := u.scratch[:0]; ; {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(max(2*int64(cap(b)), least), most)), b...)
		}
		n, err := r.Read(b[len(b):min(int64(cap(b)), most)])
		b = b[:len(b)+n]
		if u.scratch = b; err != nil || int64(len(b)) == most {
			return err
		}
	}
}

// stream is a stream that is being unpacked.
type stream struct {
	r    io.Reader
	used func() int64 // bytes of the image, after all was read
}

// open starts unpacking. Two of the libraries read past the end of the stream, so they
// get only the bytes of the stream.
func open(img flash.Image, c Compression) (s stream, err error) {
	src := newCounter(img)
	s.used = func() int64 { return src.n }
	switch c {
	case Gzip:
		var z *gzip.Reader
		if z, err = gzip.NewReader(src); err == nil {
			z.Multistream(false)
			s.r = z
		}
	case LZMA:
		s.r, err = lzma.ReaderConfig{DictCap: maxDict}.NewReader(src)
	case LZ4Legacy, LZ4LG, lz4Chain:
		l := &legacyReader{img: img, at: int64(len(legacyMagic)), length: c == LZ4LG, chain: c == lz4Chain}
		s = stream{l, func() int64 { return l.at }}
	case XZ:
		var x *xzStream
		if x, err = walkXZ(img); err != nil {
			return s, err
		}
		s.used = func() int64 { return x.at }
		s.r, err = unxz.NewReader(bufio.NewReader(io.NewSectionReader(img, 0, x.at)), maxDict)
	case LZ4:
		var n int64
		if n, err = lz4Length(img); err == nil {
			s = stream{lz4.NewReader(io.NewSectionReader(img, 0, n)), func() int64 { return n }}
		}
	default:
		err = fmt.Errorf("ramdisk: %q cannot be unpacked", string(c))
	}
	return s, err
}

// Pack compresses b in a way that a kernel accepts.
func Pack(b []byte, c Compression) ([]byte, error) {
	var out bytes.Buffer
	err := packTo(&out, bytes.NewReader(b), int64(len(b)), c)
	return out.Bytes(), err
}

// packTo compresses size bytes of plain.
func packTo(out io.Writer, plain io.Reader, size int64, c Compression) (err error) {
	var w io.WriteCloser
	switch c {
	case None:
		_, err = io.Copy(out, plain)
		return err
	case LZ4Legacy, LZ4LG:
		return packLegacy(out, plain, c == LZ4LG)
	case Gzip:
		var z *gzip.Writer
		z, err = gzip.NewWriterLevel(out, gzip.BestCompression)
		z.OS = 3 // Unix, as gzip in Android's build writes it
		w = z
	case LZ4:
		z := lz4.NewWriter(out)
		err = z.Apply(lz4.CompressionLevelOption(lz4.Level9), lz4.BlockSizeOption(lz4.Block4Mb))
		w = z
	case XZ: // kernels check only CRC32
		w, err = xz.WriterConfig{CheckSum: xz.CRC32, DictCap: 1 << 20}.NewWriter(out)
	case LZMA:
		w, err = lzma.WriterConfig{DictCap: 1 << 23, Size: size, SizeInHeader: true}.NewWriter(out)
	default:
		err = fmt.Errorf("ramdisk: %q cannot be packed", string(c))
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(struct{ io.Writer }{w}, plain); err != nil {
		return err
	}
	return w.Close()
}
