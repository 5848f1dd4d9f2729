package h2spec

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// testCase is a case of h2spec that was run.
type testCase struct {
	number   string // as h2spec takes it for an argument: http2/3.5/2
	title    string // what it sends
	passed   bool
	expected []string // each of them would do
	came     string
}

// junit is what h2spec writes with -j, as far as it is of interest.
type junit struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []struct {
		Cases []struct {
			Package string  `xml:"package,attr"`
			Title   string  `xml:"classname,attr"`
			Error   *string `xml:"error"`
			Failure *string `xml:"failure"`
			Skipped *string `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// parseCases reads a report.
func parseCases(b []byte) ([]testCase, error) {
	var report junit
	if err := xml.Unmarshal(b, &report); err != nil {
		return nil, fmt.Errorf("the report: %w", err)
	}
	var cases []testCase
	for _, suite := range report.Suites {
		for i, c := range suite.Cases {
			tc := testCase{number: fmt.Sprintf("%s/%d", c.Package, i+1), title: c.Title}
			switch {
			case c.Error != nil:
				tc.expected, tc.came = outcome(*c.Error)
			case c.Failure != nil:
				tc.expected, tc.came = outcome(*c.Failure)
			case c.Skipped != nil: // it did not show anything
				tc.came = "nothing: the case was skipped"
			default:
				tc.passed = true
			}
			cases = append(cases, tc)
		}
	}
	return cases, nil
}

// outcome reads the text of a failure: a line for each thing that would have done, and what came in the last.
func outcome(text string) (expected []string, came string) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[:len(lines)-1], lines[len(lines)-1]
}
