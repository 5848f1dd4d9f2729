package http2_test

import (
	"golang.org/x/net/http2"

	"github.com/mintws/mintws/internal/test/h2test"
)

// setting makes a list of one or more settings of identifiers and values in turn.
func setting(pairs ...uint32) (list []http2.Setting) {
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, http2.Setting{ID: http2.SettingID(pairs[i]), Val: pairs[i+1]})
	}
	return list
}

// The settings of RFC 9113 section 6.5.2, RFC 8441 section 3 and RFC 9218 section 2.1.
const (
	headerTable   = uint32(http2.SettingHeaderTableSize)
	enablePush    = uint32(http2.SettingEnablePush)
	maxStreams    = uint32(http2.SettingMaxConcurrentStreams)
	initialWindow = uint32(http2.SettingInitialWindowSize)
	maxFrameSize  = uint32(http2.SettingMaxFrameSize)
	maxHeaderList = uint32(http2.SettingMaxHeaderListSize)
	enableConnect = uint32(http2.SettingEnableConnectProtocol)
	noPriorities  = uint32(http2.SettingNoRFC7540Priorities)
)

// stalled gives the connection credit at once, and a stream n bytes once it has none left.
func stalled(n int64) func(e *h2test.Session, id uint32, got int) {
	return func(e *h2test.Session, id uint32, got int) {
		e.Grant(0, int64(got))
		if w := e.Stream(id).Window; w <= 0 {
			e.Grant(id, n-w)
		}
	}
}

var legalWindows = []legal{
	{name: "default", section: "3.4", echo: func() h2test.Echo { return h2test.Echo{} }},
	{name: "window 0, then a byte at a time", section: "6.9.2", short: true, echo: func() h2test.Echo {
		given := map[uint32]int{}
		return h2test.Echo{Settings: setting(initialWindow, 0), Credit: func(e *h2test.Session, id uint32, got int) {
			e.Grant(0, int64(got))
			if e.Stream(id).Window == 0 {
				if given[id]++; given[id] <= 200 {
					e.Grant(id, 1)
				} else {
					e.Grant(id, 1500)
				}
			}
		}}
	}},
	{name: "tiny windows raised after stalls", section: "6.9.1", short: true, echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(initialWindow, 100), Credit: stalled(997)}
	}},
	{name: "connection window raised after stalls", section: "6.9.1", streams: 6, echo: func() h2test.Echo {
		return h2test.Echo{Credit: func(e *h2test.Session, id uint32, got int) {
			e.Grant(id, int64(got))
			if e.ConnWindow() == 0 {
				e.Grant(0, 10_000)
			}
		}}
	}},
	{name: "stream credit long before connection credit", section: "6.9", streams: 6, echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(initialWindow, 1<<20), Credit: func(e *h2test.Session, _ uint32, _ int) {
			if e.ConnWindow() == 0 {
				for range 100 {
					e.Grant(0, 655)
				}
			}
		}}
	}},
	{name: "largest windows", section: "6.9.1", echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(initialWindow, 1<<31-1),
			Begin:  func(e *h2test.Session) { e.Grant(0, 1<<31-1-65535) },
			Credit: func(*h2test.Session, uint32, int) {}}
	}},
	{name: "largest window by updates", section: "6.9.1", echo: func() h2test.Echo {
		return h2test.Echo{Head: func(e *h2test.Session, id uint32) {
			e.Grant(id, 1<<31-1-65535)
			e.Respond(id, ":status", "200")
		}, Credit: func(e *h2test.Session, _ uint32, got int) { e.Grant(0, int64(got)) }}
	}},
	{name: "window negative, raised by updates", section: "6.9.2", echo: func() h2test.Echo {
		lowered := false
		credit := stalled(3000)
		return h2test.Echo{Credit: func(e *h2test.Session, id uint32, got int) {
			if !lowered && got > 0 {
				lowered = true
				e.Settings(setting(initialWindow, 0)...)
			}
			credit(e, id, got)
		}}
	}},
	{name: "window negative, raised by settings", section: "6.9.2", echo: func() h2test.Echo {
		turn, size := 0, uint32(65535)
		return h2test.Echo{Credit: func(e *h2test.Session, id uint32, got int) {
			e.Grant(0, int64(got))
			lowest := int64(1)
			for _, st := range e.Streams {
				lowest = min(lowest, st.Window)
			}
			switch {
			case got > 0 && turn == 0:
				turn = 1
				e.Settings(setting(initialWindow, 10)...)
			case got == 0 && turn == 1 || turn == 2 && lowest <= 0: // acknowledged, and stalled
				turn = 2
				size += 50_000
				e.Settings(setting(initialWindow, 1, initialWindow, size)...)
			}
		}}
	}},
	{name: "update before the head", section: "5.1", echo: func() h2test.Echo {
		return h2test.Echo{Settings: setting(initialWindow, 0), Credit: stalled(30_000), Head: func(e *h2test.Session, id uint32) {
			e.Grant(id, 1)
			if e.Flush() == nil {
				e.Respond(id, ":status", "200")
			}
		}}
	}},
	{name: "updates after the end", section: "5.1", echo: func() h2test.Echo {
		return h2test.Echo{After: func(e *h2test.Session, id uint32) {
			for range 3 {
				e.Grant(id, 1)
				e.Grant(0, 1)
			}
		}}
	}},
}
