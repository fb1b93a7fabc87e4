package scripttest

import (
	"crypto/sha256"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// update implements "update [-incremental] OUT NAME=FILE…": it writes a payload.bin with the partitions.
// An incremental one has an operation that needs the phone's old partition.
func update(ts *testscript.TestScript, neg bool, args []string) {
	incremental := args[0] == "-incremental"
	if incremental {
		args = args[1:]
	}
	p := imgtest.Payload{BlockSize: 4096, Patch: "2024-05-05"}
	for _, arg := range args[1:] {
		name, file, _ := strings.Cut(arg, "=")
		b, err := os.ReadFile(ts.MkAbs(file))
		ts.Check(err)
		sum := sha256.Sum256(b)
		part := imgtest.PayloadPartition{Name: name, Size: uint64(len(b)), SHA256: sum[:], Operations: operations(b)}
		if incremental {
			part.Operations[0].Type = 4 // SOURCE_COPY
		}
		p.Partitions = append(p.Partitions, part)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), p.Bytes(), 0o666))
}

// operations returns the operations that write b: as it is, or zeros.
func operations(b []byte) (out []imgtest.PayloadOperation) {
	const step, block = 64 << 10, 4096
	for at := 0; at < len(b); at += step {
		part := b[at:min(at+step, len(b))]
		op := imgtest.PayloadOperation{Data: part, Writes: [][2]uint64{{uint64(at / block), uint64(len(part)+block-1) / block}}}
		if strings.Trim(string(part), "\x00") == "" {
			op.Type, op.Data = 6, nil
		}
		out = append(out, op)
	}
	return out
}
