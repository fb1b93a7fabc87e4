package avb

import (
	"bytes"
	"encoding/hex"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func tool(t *testing.T, name string) func(args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/" + name); err != nil {
			t.Skipf("%s is not installed: nothing to compare with", name)
		}
	}
	return func(args ...string) string {
		t.Helper()
		out, err := exec.Command(path, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
}

// Trees made by veritysetup are found intact.
func TestVeritysetup(t *testing.T) {
	verity := tool(t, "veritysetup")
	dir := t.TempDir()
	data, hashes := filepath.Join(dir, "data"), filepath.Join(dir, "hashes")
	rootHash := regexp.MustCompile(`Root hash:\s*([0-9a-f]+)`)
	for _, c := range []struct {
		hash   string
		block  int
		blocks int
		salt   string
	}{
		{"sha256", 4096, 300, "aee087a5be3b982978c923f566a94613496b417f2af592639bc80d141e34dfe7"},
		{"sha256", 4096, 20000, "00"},
		{"sha1", 4096, 1000, "aee087a5"},
		{"sha256", 1024, 1000, "aee087a5"},
		{"sha512", 4096, 100, "aee087a5"},
	} {
		img := imgtest.Noise(c.hash, c.blocks*c.block)
		if err := os.WriteFile(data, img, 0o600); err != nil {
			t.Fatal(err)
		}
		os.Remove(hashes)
		block := strconv.Itoa(c.block)
		out := verity("format", "--no-superblock", "--hash="+c.hash, "--salt="+c.salt, "--data-block-size="+block, "--hash-block-size="+block, data, hashes)
		m := rootHash.FindStringSubmatch(out)
		if m == nil {
			t.Fatalf("no root hash in %s", out)
		}
		stored, err := os.ReadFile(hashes)
		if err != nil {
			t.Fatal(err)
		}
		root, _ := hex.DecodeString(m[1])
		bytesOfSalt, _ := hex.DecodeString(c.salt)
		d := imgtest.AVBTree{Partition: "system", ImageSize: int64(len(img)), Offset: int64(len(img)), Size: int64(len(stored)), Hash: c.hash, Block: uint32(c.block), Salt: bytesOfSalt, Root: root}
		whole := append(img, stored...)
		if r := check(t, whole, d.Descriptor()); r.Verdict != Intact {
			t.Errorf("%+v: %+v", c, r)
		}
		whole[len(img)/2] ^= 1
		if r := check(t, whole, d.Descriptor()); r.Verdict != Different || !strings.Contains(r.Text, ": 1 of "+strconv.Itoa(c.blocks)+" blocks differ") {
			t.Errorf("%+v, hurt: %+v", c, r)
		}
	}
}

// Signatures made by openssl hold.
func TestOpenssl(t *testing.T) {
	openssl := tool(t, "openssl")
	dir := t.TempDir()
	pem, message, sig := filepath.Join(dir, "key.pem"), filepath.Join(dir, "message"), filepath.Join(dir, "sig")
	for _, c := range []struct {
		algorithm uint32
		bits      int
		hash      string
	}{{1, 2048, "sha256"}, {2, 4096, "sha256"}, {4, 2048, "sha512"}, {5, 4096, "sha512"}} {
		openssl("genrsa", "-out", pem, strconv.Itoa(c.bits))
		modulus, ok := new(big.Int).SetString(strings.TrimSpace(strings.TrimPrefix(openssl("rsa", "-in", pem, "-noout", "-modulus"), "Modulus=")), 16)
		if !ok {
			t.Fatal("openssl prints no modulus")
		}
		sign := func(b []byte) (hash, signature []byte) {
			if err := os.WriteFile(message, b, 0o600); err != nil {
				t.Fatal(err)
			}
			openssl("dgst", "-"+c.hash, "-sign", pem, "-out", sig, message)
			s, err := os.ReadFile(sig)
			if err != nil {
				t.Fatal(err)
			}
			h, err := hex.DecodeString(strings.Fields(openssl("dgst", "-r", "-"+c.hash, message))[0])
			if err != nil {
				t.Fatal(err)
			}
			return h, s
		}
		block := imgtest.AVBBlock{Algorithm: c.algorithm, Key: imgtest.AVBKey(modulus), Sign: sign,
			Descriptors: [][]byte{imgtest.AVBHash("boot", []byte("kernel"), salt)}}.Bytes()
		v, err := Read(bytes.NewReader(block))
		if err != nil || v.Signature != Holds || len(v.Problems) > 0 {
			t.Fatalf("%v: %v %+v", Algorithm(c.algorithm), err, v)
		}
		block[0x70+7]++ // the rollback index
		if v, err = Read(bytes.NewReader(block)); err != nil || v.Signature != Broken {
			t.Errorf("%v: a changed rollback index: %v %+v", Algorithm(c.algorithm), err, v)
		}
	}
}
