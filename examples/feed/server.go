package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/mintws/mintws/mintws"
	"github.com/mintws/mintws/mintws/wstest"
)

// moody is a server that does to a client, one after the other, what servers do in the course of a year.
type moody struct {
	*wstest.Server

	mu     sync.Mutex
	tokens int    // how many were issued
	valid  string // the one that is accepted
	step   int
	moods  []wstest.Behavior
}

// newMoody returns a server for n subscriptions. It answers "subscribe x" with "x confirmed".
func newMoody(n int) *moody {
	busy := http.Header{"Retry-After": {"1"}}
	m := &moody{moods: []wstest.Behavior{
		{Refuse: http.StatusServiceUnavailable, Header: busy},
		{Fault: wstest.FaultVanish, After: n / 3},
		{Fault: wstest.FaultSilence, After: 2 * n / 3},
		{Refuse: http.StatusUnauthorized}, // and the token is no longer valid
		{Fault: wstest.FaultClose, After: n / 2, Code: mintws.CodeServiceRestart, Reason: "new version"},
		{Greeting: []mintws.Frame{mintws.Binary(make([]byte, 16<<20))}}, // and from then on all is well
	}}
	for i := range m.moods {
		m.moods[i].Reply = func(f mintws.Frame) []mintws.Frame {
			topic := bytes.TrimPrefix(f.Payload, []byte("subscribe "))
			return []mintws.Frame{mintws.Text(string(topic) + " confirmed")}
		}
	}
	m.Server = wstest.NewServer(wstest.Options{Behave: m.behave})
	return m
}

// issue returns a new token and forgets the one before.
func (m *moody) issue(context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens++
	m.valid = fmt.Sprint("token", m.tokens)
	return m.valid, nil
}

// behave refuses those without a valid token, sends the others to where the feed is, and there is in its next mood.
func (m *moody) behave(r *http.Request) wstest.Behavior {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+m.valid {
		return wstest.Behavior{Refuse: http.StatusUnauthorized}
	}
	if r.URL.Path != "/feed" {
		return wstest.Behavior{Refuse: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"/feed"}}}
	}
	how := m.moods[m.step]
	m.step = min(m.step+1, len(m.moods)-1)
	if how.Refuse == http.StatusUnauthorized {
		m.valid = "none"
	}
	return how
}
