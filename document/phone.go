package document

import (
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/flash"
)

// Acquired is the document of acquire.
type Acquired struct {
	Head
	Folder   string          `json:"folder"`
	Finished bool            `json:"finished"`
	Manifest *flash.Manifest `json:"manifest"`
	Problems []flash.Problem `json:"problems"`
}

// Ports is the document of ports.
type Ports struct {
	Head
	Devices  []PortDevice    `json:"devices"`
	Problems []flash.Problem `json:"problems"` // the findings of all devices

	Findings []host.Finding `json:"-"` // of all devices, with their fixes
}

// PortDevice is one device on the USB bus.
type PortDevice struct {
	Ports    []string       `json:"ports"`
	ID       string         `json:"id"`
	Kind     host.Kind      `json:"kind"`
	Product  string         `json:"product,omitempty"`
	Place    string         `json:"place,omitempty"`
	Readable bool           `json:"readable"` // the flash can be read through this device
	Findings []host.Finding `json:"findings,omitempty"`
}

// NewPorts makes the document of the devices on the bus. Fixes adds the commands to findings.
func NewPorts(facts *host.Snapshot, fixes func([]host.Finding) []host.Finding) Ports {
	doc := Ports{}
	for _, d := range facts.Devices {
		p := PortDevice{ID: d.ID(), Kind: d.Kind(), Product: d.Product, Place: d.Place, Findings: fixes(host.CheckDevice(facts, d))}
		for _, port := range d.Ports {
			p.Ports = append(p.Ports, port.Name)
		}
		p.Readable = p.Kind.IsLoader() && host.Worst(p.Findings) == flash.Note && len(p.Ports) > 0
		doc.Devices = append(doc.Devices, p)
		doc.Findings = append(doc.Findings, p.Findings...)
	}
	doc.Problems = findings(doc.Findings)
	return doc
}

// Doctor is the document of doctor.
type Doctor struct {
	Head
	Healthy  bool            `json:"healthy"` // nothing prevents the reading of a phone
	Findings []host.Finding  `json:"findings"`
	Problems []flash.Problem `json:"problems"` // the findings again, as in every document
}

// NewDoctor makes the document of the findings about a computer.
func NewDoctor(found []host.Finding) Doctor {
	return Doctor{Healthy: host.Worst(found) == flash.Note, Findings: found, Problems: findings(found)}
}

// Explanation is the document of explain.
type Explanation struct {
	Head
	Query    string          `json:"query"`
	Codes    []Code          `json:"codes"`
	Messages []Code          `json:"messages,omitempty"` // sentences without a code
	Unknown  []string        `json:"unknown,omitempty"`  // names that no table has
	Others   []Code          `json:"others,omitempty"`   // other tables' codes with this number
	Problems []flash.Problem `json:"problems"`
}

// Code describes an error code.
type Code struct {
	Number  string `json:"number"`
	Hex     string `json:"hex"`
	From    string `json:"from"` // the origin of the code: a flash tool, an agent, a loader
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	Cause   string `json:"cause"`
	Cure    string `json:"cure"`
}

// NewExplanation makes the document of an answer about a code. Advised turns a cure into words.
func NewExplanation(query string, a codes.Answer, advised func(codes.Advice) string) Explanation {
	list := func(cs []codes.Code) (out []Code) {
		for _, c := range cs {
			out = append(out, Code{fmt.Sprint(c.Number), fmt.Sprintf("0x%X", c.Number), c.Tool.String(), c.FullName(), c.Meaning, c.Cause, advised(c.Cure)})
		}
		return out
	}
	doc := Explanation{Query: query, Codes: list(a.Codes), Unknown: a.Unknown, Others: list(a.Others)}
	for _, m := range a.Messages {
		doc.Messages = append(doc.Messages, Code{Name: m.Text, Meaning: m.Meaning, Cause: m.Cause, Cure: advised(m.Cure)})
	}
	return doc
}
