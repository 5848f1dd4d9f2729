package httpconn

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"golang.org/x/net/http2"
)

func TestNames(t *testing.T) {
	for _, tc := range []struct {
		v    fmt.Stringer
		want string
	}{
		{HTTP1, "HTTP/1.1"}, {HTTP2, "HTTP/2"}, {Version(7), "Version(7)"},
		{NextClose, "Close"}, {NextRead, "Read"}, {NextAwaitEOF, "AwaitEOF"}, {Next(9), "Next(9)"},
		{EventInformational, "Informational"}, {EventDrained, "Drained"}, {EventKind(0), "EventKind(0)"}, {EventKind(99), "EventKind(99)"},
	} {
		if got := tc.v.String(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

func TestErrorText(t *testing.T) {
	for _, tc := range []struct {
		err  error
		is   error
		want string
	}{
		{&ConnError{Code: http2.ErrCodeProtocol, Local: true, Reason: "why", Err: ErrMalformed}, ErrMalformed,
			"httpconn: connection error (local, PROTOCOL_ERROR): why"},
		{&ConnError{Code: http2.ErrCodeNo, Reason: "why", Err: ErrGoingAway}, ErrGoingAway,
			"httpconn: connection error (peer, NO_ERROR): why"},
		{&ConnError{Code: http2.ErrCodeNo, Reason: "the server closed", Err: ErrUnexpectedEOF}, ErrUnexpectedEOF,
			"httpconn: the server closed"},
		{&StreamError{Stream: 3, Code: http2.ErrCodeCancel, Local: true, Err: ErrCanceled}, ErrCanceled,
			"httpconn: stream 3 ended (local, CANCEL)"},
		{&StreamError{Stream: 3, Code: http2.ErrCodeRefusedStream, Reason: "why", Err: ErrUnprocessed}, ErrUnprocessed,
			"httpconn: stream 3 ended (peer, REFUSED_STREAM): why"},
	} {
		if tc.err.Error() != tc.want || !errors.Is(tc.err, tc.is) {
			t.Errorf("%q over %v, want %q over %v", tc.err, errors.Unwrap(tc.err), tc.want, tc.is)
		}
	}
}

func TestLimitsDefaults(t *testing.T) {
	const none = int(^uint(0) >> 1)
	got := Limits{MaxFrame: 5, MaxFragments: -1, MaxHeaderFields: -9, MaxInformational: 1}.WithDefaults()
	if got.MaxFrame != 5 || got.MaxMessage != DefaultMaxMessage || got.MaxFragments != none ||
		got.MaxHeaderBytes != DefaultMaxHeaderBytes || got.MaxHeaderFields != none || got.MaxInformational != 1 {
		t.Errorf("%+v", got)
	}
	if got.WithDefaults() != got {
		t.Error("WithDefaults twice differs")
	}
}

// TestNoLimitIn32Bits: no limit on a message means 2^63-1, also where an int has 32 bits.
func TestNoLimitIn32Bits(t *testing.T) {
	got := Limits{MaxFrame: -1, MaxMessage: -2, MaxBuffered: -1}.WithDefaults()
	if got.MaxFrame != math.MaxInt64 || got.MaxMessage != math.MaxInt64 || got.MaxBuffered != math.MaxInt {
		t.Errorf("%+v", got)
	}
}

func TestOutputReset(t *testing.T) {
	out := Output{Events: []Event{{Kind: EventData, Data: []byte("x")}}, Send: []byte("abc")}
	events := out.Events
	out.Reset()
	if len(out.Events) != 0 || len(out.Send) != 0 || cap(out.Send) < 3 || events[0].Data != nil {
		t.Errorf("%+v, %+v", out, events)
	}
}
