package main

import (
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// SARIF 2.1.0, the part of it that code hosts and editors show: which rule, where,
// how bad. https://docs.oasis-open.org/sarif/sarif/v2.1.0/

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID    string    `json:"id"`
	Short sarifText `json:"shortDescription"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	} `json:"physicalLocation"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

func (d checked) sarif() sarifLog {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "mtkkit", Version: version()}
	for _, r := range scatter.Rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{r.ID, sarifText{r.Text}})
	}
	for _, t := range d.Tables {
		for _, f := range t.Findings {
			run.Results = append(run.Results, d.sarifResult(f))
		}
	}
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

func (d checked) sarifResult(f scatter.Finding) sarifResult {
	level := map[flash.Severity]string{flash.Note: "note", flash.Warning: "warning", flash.Error: "error"}[f.Severity]
	text := f.Text
	if f.Name != "" {
		text = f.Name + ": " + text
	}
	var where sarifLocation
	where.Physical.Artifact.URI = filepath.ToSlash(d.File)
	if f.Line > 0 {
		where.Physical.Region = &sarifRegion{f.Line}
	}
	return sarifResult{f.Rule, level, sarifText{text}, []sarifLocation{where}}
}
