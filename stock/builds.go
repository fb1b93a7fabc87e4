package stock

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/scatter"
)

// fingerprint matches a build fingerprint: brand/product/device:version/id/incremental:type/keys.
var fingerprint = regexp.MustCompile(`^[^/:]+/[^/:]+/[^/:]+(:[^/:]+/[^/:]+/[^/:]+:[a-z]+/[^/:]+)$`)

// buildsOf returns the build fingerprints of the partitions in one slot; "" is any.
func buildsOf(p *plan.Plan, suffix string) (out []string) {
	var sources []report.Source
	for i := range p.Items {
		it := &p.Items[i]
		if it.Image == nil || it.Present == 0 {
			continue
		}
		if _, s := slot.Cut(scatter.Canonical(it.Name)); suffix != "" && s != "" && s != suffix {
			continue
		}
		sources = append(sources, report.Source{ManifestEntry: it.ManifestEntry, Image: dump.Known(it)})
	}
	for _, f := range report.Software(sources) {
		if fingerprint.MatchString(f.Value) {
			out = append(out, f.Value)
		}
	}
	return out
}

// wanted returns the fingerprints of the dump in the slot of a partition.
func (j *judge) wanted(name string) []string {
	_, suffix := slot.Cut(scatter.Canonical(name))
	return buildsOf(j.hurts.plan, suffix)
}

func (j *judge) allWanted() []string { return buildsOf(j.hurts.plan, "") }

// build compares build fingerprints. The names before the first colon differ between the partitions
// of one build.
func (j *judge) build(_ context.Context, q *question) (Verdict, string, error) {
	wanted := j.wanted(q.name)
	if len(wanted) == 0 || len(j.builds) == 0 {
		return "", "", nil
	}
	for _, a := range wanted {
		for _, b := range j.builds {
			if versionOf(a) == versionOf(b) {
				return Fits, "the package is of the build of this phone: " + b, nil
			}
		}
	}
	return Wrong, fmt.Sprintf("the package is of the build %s, the phone has %s", j.builds[0], wanted[0]), nil
}

func versionOf(f string) string { return fingerprint.FindStringSubmatch(f)[1] }

// sameness is a comparison of the partitions that both have.
type sameness struct{ equal, differ []string }

const (
	maxCompared = 64 << 20 // larger partitions are not compared, bytes
	enough      = 2        // equal partitions that prove a version, one of telling among them
)

// telling are partitions that every build has anew: boot images have the date of the security patches,
// vbmeta blocks the hashes of others.
var telling = []string{"boot", "init_boot", "vendor_boot", "recovery", "vbmeta", "vbmeta_system", "vbmeta_vendor"}

// proves reports whether equal partitions prove a version.
func (s *sameness) proves() bool {
	return len(s.differ) == 0 && len(s.equal) >= enough && slices.ContainsFunc(s.equal, func(name string) bool {
		base, _ := slot.Cut(scatter.Canonical(name))
		return slices.Contains(telling, base)
	})
}

// likeOthers judges by the other partitions: if those that both have are equal, the package is of the
// version of the phone.
func (j *judge) likeOthers(ctx context.Context, _ *question) (Verdict, string, error) {
	if j.same == nil {
		s, err := j.compare(ctx)
		if err != nil {
			return "", "", err
		}
		j.same = s
	}
	switch s := j.same; {
	case len(s.differ) > 0:
		return Unknown, fmt.Sprintf("no build fingerprint tells the version, and these are not as in the package: %s", flash.ShownAll(s.differ, ", ")), nil
	case s.proves():
		return Fits, "the other partitions of the phone are as in the package: " + flash.ShownAll(s.equal, ", "), nil
	case len(s.equal) > 0:
		return Unknown, fmt.Sprintf("no build fingerprint tells the version; as in the package are only: %s", flash.ShownAll(s.equal, ", ")), nil
	}
	return "", "", nil
}

// compare compares the small partitions that are whole in the dump.
func (j *judge) compare(ctx context.Context) (*sameness, error) {
	s := &sameness{}
	for i := range j.hurts.plan.Items {
		it := &j.hurts.plan.Items[i]
		if it.Kind != flash.KindPartition || onlyHere(it.Name) != "" || !j.hurts.whole(it.Name) || strings.EqualFold(it.Name, "cache") {
			continue
		}
		theirs := imageFor(j.images, it.Name)
		if theirs == nil || theirs.Image == nil || theirs.Image.Size() == 0 || theirs.Image.Size() > min(maxCompared, it.Length) {
			continue
		}
		switch equal, err := sameBytes(ctx, dump.Known(it), theirs.Image); {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil: // what cannot be read proves nothing
		case equal:
			s.equal = append(s.equal, it.Name)
		default:
			s.differ = append(s.differ, it.Name)
		}
	}
	slices.Sort(s.equal)
	slices.Sort(s.differ)
	return s, nil
}

// sameBytes reports whether a partition begins with an image, apart from what the image leaves out.
func sameBytes(ctx context.Context, part, img flash.Image) (bool, error) {
	for _, e := range flash.Without([]flash.Extent{{Length: img.Size()}}, flash.Holes(img)) {
		d, _, err := flash.Differences(ctx, flash.Slice(part, e), flash.Slice(img, e), 1, nil)
		if err != nil || len(d) > 0 {
			return false, err
		}
	}
	return true, nil
}
