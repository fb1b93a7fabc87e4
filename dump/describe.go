package dump

import (
	"context"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
)

// Described describes one partition.
type Described struct {
	Name    string       // "super/NAME" for a logical one; "" for an image that is not in a dump
	Region  flash.Region // "" inside super
	Offset  int64        // in the region, bytes
	Present int64        // bytes that the dump has
	*image.Info
}

// Describe describes an image. It reads all of it. Look gets the number of bytes read so far and
// can stop the reading with an error.
func (o *Opened) Describe(look func(done int64) error) (*image.Info, error) {
	stopped := false
	i, err := image.DescribeWhole(o.Image, func(done int64) error {
		err := look(done)
		stopped = err != nil
		return err
	})
	if err != nil && (stopped || i.Kind == "") {
		return nil, err
	}
	if err != nil {
		i.Length, i.Known = 0, fmt.Sprintf("the bytes behind its content cannot be read (%v)", err)
	}
	if o.plain {
		if why := source.PieceOf(o.Name); why != "" {
			i.Problems = append(i.Problems, flash.NewProblem(flash.Warning, o.Name, flash.NoOffset, "%s", why))
		}
	}
	return i, nil
}

// Describe describes the content of every partition, logical ones included, as image.Describe does.
// The problems are those of the dump and of the partitions, with offsets in their regions.
func (d *Dump) Describe(ctx context.Context) (list []Described, problems flash.Problems, err error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, nil, err
	}
	problems = append(problems, p.Problems...)
	add := func(n Described) error {
		for _, q := range n.Problems {
			q.Place = strings.TrimPrefix(n.Name+": "+q.Place, ": ")
			if q.Offset != flash.NoOffset {
				q.Offset += n.Offset
			}
			problems = append(problems, q)
		}
		list = append(list, n)
		return ctx.Err()
	}
	for i := range p.Items {
		it := &p.Items[i]
		if it.Kind == flash.KindGap || it.Kind == flash.KindPreloader {
			continue
		}
		if err := add(Described{Name: it.Name, Region: it.Region, Offset: it.Offset, Present: it.Present, Info: describeItem(it)}); err != nil {
			return nil, nil, err
		}
	}
	s, err := Super(p, "a")
	if err != nil {
		problems.Add(flash.Warning, "super", "%s", strings.TrimPrefix(err.Error(), "lp: "))
		return list, problems, nil
	}
	if s == nil {
		return list, problems, nil
	}
	for _, q := range s.Partitions("") {
		if err := add(Described{Name: "super/" + q.Name, Present: q.Size - q.Missing, Info: describeLogical(q)}); err != nil {
			return nil, nil, err
		}
	}
	return list, problems, nil
}

func describeItem(it *plan.Item) *image.Info {
	if it.Present == 0 {
		return &image.Info{Kind: "not in the dump", Known: "the dump has no bytes of it"}
	}
	return image.Describe(Known(it))
}

func describeLogical(p *lp.Partition) *image.Info {
	switch {
	case p.Missing > 0 || flash.Total(flash.Holes(p.Image)) == p.Size && p.Size > 0:
		return &image.Info{Kind: "not whole", Known: "the dump does not have all of it"}
	case p.Size > 0:
		return image.Describe(p.Image)
	}
	return &image.Info{Kind: "empty", Known: "it has no bytes"}
}
