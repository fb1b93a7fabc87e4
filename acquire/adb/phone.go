package adb

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Options select the phone and its adb server.
type Options struct {
	Server string // HOST:PORT; "" for DefaultServer
	Serial string // "" if there is only one phone

	waits waits // zero for usualWaits
}

// Phone is a rooted running phone whose flash can be read.
type Phone struct {
	flash.Device
	Serial string // private
	CID    string // the flash chip's identity from the kernel, "" if unknown; private
	Model  string
	Chip   string // "mt6765", "" if unknown

	// Captures are texts of the phone about the offsets of partitions, the best first:
	// /proc/dumchar_info, the kernel's lists together with the by-name links.
	Captures []Capture

	images []*image
}

// Capture is a text of the phone.
type Capture struct {
	Name string // "dumchar_info"
	Text string
}

// Open finds the phone, gets root, and finds its flash. The device's problems report that it is
// read while it runs. All reads end when ctx ends. Errors wrap the errors of this package.
func Open(ctx context.Context, o Options) (*Phone, error) {
	server := cmp.Or(o.Server, DefaultServer)
	devices, err := listDevices(ctx, server)
	if err != nil {
		return nil, err
	}
	chosen, err := choose(devices, o.Serial)
	if err != nil {
		return nil, err
	}
	s, err := newShell(ctx, server, chosen.Serial, cmp.Or(o.waits, usualWaits))
	if err != nil {
		return nil, err
	}
	p := &Phone{Serial: chosen.Serial, Model: chosen.Model}
	if err := p.look(ctx, s); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close ends running reads.
func (p *Phone) Close() error {
	for _, i := range p.images {
		i.close()
	}
	return nil
}

// linkFolders are the folders with Android's links that name partitions.
const linkFolders = "/dev/block/by-name /dev/block/bootdevice/by-name /dev/block/platform/*/by-name /dev/block/platform/*/*/by-name"

// ask reads the phone's texts about its disks.
func ask(ctx context.Context, s *shell) (t texts, n *nodes, err error) {
	for _, q := range []struct {
		command string
		answer  *string
	}{
		{"cat /proc/partitions", &t.partitions}, {"ls -l " + linkFolders, &t.links}, {"cat /proc/dumchar_info", &t.dumchar},
		{"cat /proc/mounts", &t.mounts}, {"cat /proc/mtd", &t.mtd}, {"ls -l /sys/block", &t.blocks},
	} {
		if *q.answer, err = s.text(ctx, q.command); err != nil {
			return t, nil, err
		}
	}
	n = parseNodes(t)
	for _, name := range slices.Sorted(maps.Keys(n.disks)) {
		fact, err := s.text(ctx, "cat "+n.disks[name].factFile())
		if err != nil {
			return t, nil, err
		}
		n.learn(name, fact)
	}
	return t, n, nil
}

// look finds the phone's flash.
func (p *Phone) look(ctx context.Context, s *shell) error {
	t, n, err := ask(ctx, s)
	if err != nil {
		return err
	}
	chip, err := s.text(ctx, "getprop ro.board.platform")
	if err != nil {
		return err
	}
	if chip = strings.TrimSpace(chip); len(chip) < 32 && strings.HasPrefix(strings.ToLower(chip), "mt") {
		p.Chip = chip
	}
	for _, c := range []Capture{{"dumchar_info", t.dumchar}, {"partitions", t.partitions + t.links}} {
		if strings.TrimSpace(c.Text) != "" {
			p.Captures = append(p.Captures, c)
		}
	}
	storage, regions := n.regions()
	if len(regions) == 0 {
		return n.refusal()
	}
	p.Storage = storage
	tool, err := p.addRegions(ctx, s, n, regions)
	if err != nil {
		return err
	}
	if err := p.addHidden(ctx, s, tool, n); err != nil {
		return err
	}
	cid, err := s.text(ctx, "cat /sys/block/"+regions[0].name+"/device/cid")
	if err != nil {
		return err
	}
	p.CID = strings.TrimSpace(cid)
	p.tellLive(n)
	return p.prove(ctx, s, tool)
}

// addRegions adds the regions to the device, and finds a dd that can read them.
func (p *Phone) addRegions(ctx context.Context, s *shell, n *nodes, regions []node) (tool string, err error) {
	for _, r := range regions {
		size, err := p.sizeOf(ctx, s, r, n.kib[r.name]<<10)
		if err != nil {
			return "", err
		}
		if tool == "" {
			if tool, err = s.findTool(ctx, r.path(), size); err != nil {
				return "", err
			}
		}
		img := &image{ctx: ctx, shell: s, tool: tool, node: r.path(), size: size}
		p.images = append(p.images, img)
		p.Parts = append(p.Parts, flash.Part{Region: r.region, Image: img, Source: img.node})
	}
	return tool, nil
}

// sizeOf returns a node's size in bytes, from its number of sectors; the kernel's list has whole
// KiB only.
func (p *Phone) sizeOf(ctx context.Context, s *shell, r node, listed int64) (int64, error) {
	text, err := s.text(ctx, "cat /sys/block/"+r.name+"/size")
	if err != nil {
		return 0, err
	}
	if sectors, err := strconv.ParseInt(strings.TrimSpace(text), 10, 45); err == nil && sectors > 0 {
		return sectors * 512, nil
	}
	p.problem(flash.Warning, string(r.region), "its size is known in whole KiB only: 512 bytes may be missing at the end")
	return listed, nil
}

// addHidden reads the boot region of phones that show it only through a node of MediaTek's kernel.
// The size of the node is unknown, so it is read until its end.
func (p *Phone) addHidden(ctx context.Context, s *shell, tool string, n *nodes) error {
	path, most := n.boot()
	if path == "" || p.Storage != flash.EMMC || p.Part(flash.EMMCBoot1) != nil {
		return nil
	}
	img := &image{ctx: ctx, shell: s, tool: tool, node: path, size: most}
	b, err := io.ReadAll(io.NewSectionReader(img, 0, most))
	img.close()
	var place *ReadError
	if err != nil && !errors.As(err, &place) {
		return err
	}
	b = b[:len(b)/512*512]
	if len(b) == 0 {
		p.problem(flash.Warning, string(flash.EMMCBoot1), "is not in the dump: Android does not show it on this phone")
		return nil
	}
	p.problem(flash.Note, string(flash.EMMCBoot1), "was read through "+path+", which gives 0x"+strconv.FormatInt(int64(len(b)), 16)+" bytes")
	p.Parts = append(p.Parts, flash.Part{Region: flash.EMMCBoot1, Image: bytes.NewReader(b), Source: path})
	return nil
}

// tellLive adds the problems of reading a running phone.
func (p *Phone) tellLive(n *nodes) {
	user := string(p.Storage.User())
	if len(n.mounted) > 0 {
		p.problem(flash.Warning, user, "taken live: mounted filesystems may be inconsistent (mounted for writing: "+strings.Join(n.mounted, " ")+")")
	} else {
		p.problem(flash.Note, user, "taken live; nothing was mounted for writing when reading began")
	}
	if p.Storage == flash.EMMC {
		p.problem(flash.Note, string(flash.EMMCRPMB), "cannot be read through Android and is not in the dump")
	}
	for _, boot := range []flash.Region{p.Storage.Boot1(), p.Storage.Boot2()} {
		if p.Part(boot) == nil && !slices.ContainsFunc(p.Problems, func(q flash.Problem) bool { return q.Place == string(boot) }) {
			p.problem(flash.Warning, string(boot), "is not in the dump: Android does not show it on this phone")
		}
	}
}

func (p *Phone) problem(sev flash.Severity, place, text string) {
	p.Problems.Add(sev, place, "%s", text)
}

// tools are the dd commands that a phone may have. On some phones the toolbox of Android 4 has only
// 32 bits for offsets.
var tools = []string{"dd", "toybox dd", "busybox dd"}

// wrapAt is the offset at which 32 bits overflow, bytes.
const wrapAt = 1 << 32

// findTool returns the first dd that works, also beyond 4 GiB if the flash is larger: a dd with
// 32-bit offsets returns the start of the flash there.
func (s *shell) findTool(ctx context.Context, node string, size int64) (string, error) {
	said := "nothing"
	for _, tool := range tools {
		img := &image{ctx: ctx, shell: s, tool: tool, node: node, size: size}
		head, err := flash.ReadFull(img, 0, int(min(size, 4096)))
		img.close()
		if place, ok := errors.AsType[*ReadError](err); ok {
			said = cmp.Or(place.Text, said)
			continue
		}
		if err != nil {
			return "", err
		}
		ok, err := reaches(img, head)
		img.close()
		if err != nil {
			return "", err
		}
		if ok {
			return tool, nil
		}
		said = tool + " cannot reach beyond 4 GiB"
	}
	return "", fmt.Errorf("adb: %w: none of %s reads %s (%s)", ErrStorage, strings.Join(tools, ", "), node, said)
}

// reaches compares the bytes at 4 GiB with the head, which contains a table.
func reaches(img *image, head []byte) (bool, error) {
	if img.size < wrapAt+int64(len(head)) || flash.IsZero(head) {
		return true, nil
	}
	far, err := flash.ReadFull(img, wrapAt, len(head))
	if _, ok := errors.AsType[*ReadError](err); ok {
		return false, nil
	}
	return !bytes.Equal(head, far), err
}

// proofSize is how many bytes of the head are hashed on the phone.
const proofSize = 64 << 10

// sumWord matches a sum in the output of md5sum.
var sumWord = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

// prove compares the MD5 of the head, computed on the phone, with that of the received bytes, so
// changes on the way are found. On a phone without md5sum nothing is compared, and this is no
// problem.
func (p *Phone) prove(ctx context.Context, s *shell, tool string) error {
	user := p.images[0]
	length := min(user.size, proofSize) / 512 * 512
	out, err := s.text(ctx, fmt.Sprintf("%s if=%s bs=512 count=%d 2>/dev/null | md5sum", tool, user.node, length/512))
	if err != nil {
		return err
	}
	want, err := hex.DecodeString(sumWord.FindString(out))
	if err != nil || len(want) != md5.Size {
		return nil
	}
	b, err := flash.ReadFull(user, 0, int(length))
	if err != nil {
		return err
	}
	if got := md5.Sum(b); !bytes.Equal(got[:], want) {
		return fmt.Errorf("adb: %w: the phone's MD5 of the first %s of %s differs", ErrMangled, flash.Size(length), user.node)
	}
	return nil
}
