package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// result is what index.json says of one case.
type result struct {
	ID            string `json:"-"` // "7.1.2"
	Behavior      string `json:"behavior"`
	BehaviorClose string `json:"behaviorClose"`
	Duration      int    `json:"duration"` // in milliseconds
	CloseCode     *int   `json:"remoteCloseCode"`
	File          string `json:"reportfile"`
}

// load reads the cases of one agent from dir/index.json, in order. An empty agent stands for the only one there is.
func load(dir, agent string) ([]result, error) {
	name := filepath.Join(dir, "index.json")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var index map[string]map[string]result
	if err = json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if agent == "" {
		if len(index) != 1 {
			return nil, fmt.Errorf("%s: %d agents, name one of them", name, len(index))
		}
		for agent = range index { // the only one
		}
	}
	byID, ok := index[agent]
	if !ok {
		return nil, fmt.Errorf("%s: no agent %q", name, agent)
	}

	cases := make([]result, 0, len(byID))
	for id, r := range byID {
		r.ID = id
		cases = append(cases, r)
	}
	slices.SortFunc(cases, func(a, b result) int { return compareIDs(a.ID, b.ID) })
	return cases, nil
}

// compareIDs orders case numbers by their parts: 2.9 before 2.10.
func compareIDs(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		m, errM := strconv.Atoi(x)
		n, errN := strconv.Atoi(y)
		if errM != nil || errN != nil {
			return strings.Compare(x, y)
		}
		return m - n
	})
}

// detail is the report of one case, of which these parts are of use to someone who looks into a failure.
type detail struct {
	Expectation   string           `json:"expectation"`
	Expected      map[string][]any `json:"expected"` // by outcome: the messages that make it so
	Received      []any            `json:"received"`
	Result        string           `json:"result"`
	ExpectedClose closeWish        `json:"expectedClose"`
	ResultClose   string           `json:"resultClose"`
	NotClean      string           `json:"wasNotCleanReason"`
	CloseReason   string           `json:"remoteCloseReason"`
}

// closeWish is how a case wants its connection to end.
type closeWish struct {
	ClosedByMe   bool  `json:"closedByMe"` // by the test suite
	Codes        []int `json:"closeCode"`
	RequireClean bool  `json:"requireClean"`
}

// loadDetail reads the report of one case.
func loadDetail(dir string, r result) (detail, error) {
	var d detail
	data, err := os.ReadFile(filepath.Join(dir, filepath.Base(r.File)))
	if err != nil {
		return d, err
	}
	if err = json.Unmarshal(data, &d); err != nil {
		return d, fmt.Errorf("%s: %w", r.File, err)
	}
	return d, nil
}
