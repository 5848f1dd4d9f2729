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
		{&ConnError{Code: http2.ErrCodeProtocol, Reason: "why", Err: ErrMalformed}, ErrMalformed,
			"httpconn: connection error (PROTOCOL_ERROR): why"},
		{&ConnError{Code: http2.ErrCodeNo, Reason: "the server closed", Err: ErrUnexpectedEOF}, ErrUnexpectedEOF,
			"httpconn: the server closed"},
		{&StreamError{Stream: 3, Code: http2.ErrCodeProtocol, Reason: "why", Err: ErrMalformed}, ErrMalformed,
			"httpconn: stream error on stream 3 (PROTOCOL_ERROR): why"},
		{&StreamError{Stream: 3, Reason: "why", Err: ErrUnexpectedEOF}, ErrUnexpectedEOF,
			"httpconn: stream 3: why"},
		{&ResetError{Stream: 3, Code: http2.ErrCodeRefusedStream, Err: ErrUnprocessed}, ErrUnprocessed,
			"httpconn: stream 3 reset by the server (REFUSED_STREAM)"},
		{&ResetError{Stream: 3, Code: http2.ErrCodeCancel}, nil,
			"httpconn: stream 3 reset by the server (CANCEL)"},
		{&GoAwayError{Code: http2.ErrCodeNo, LastStream: 3, Debug: "secret", Err: ErrGoingAway}, ErrGoingAway,
			"httpconn: the server goes away (NO_ERROR), last stream 3"},
		{&GoAwayError{Code: http2.ErrCodeNo, LastStream: 3, Debug: "secret", Err: ErrUnprocessed}, ErrUnprocessed,
			"httpconn: request was not processed: the server goes away (NO_ERROR), last stream 3"},
	} {
		if tc.err.Error() != tc.want || errors.Unwrap(tc.err) != tc.is {
			t.Errorf("%q over %v, want %q over %v", tc.err, errors.Unwrap(tc.err), tc.want, tc.is)
		}
	}
}

func TestLimitsDefaults(t *testing.T) {
	got := Limits{MaxBuffered: 5, MaxHeaderFields: -9, MaxInformational: 1}.WithDefaults()
	want := Limits{DefaultMaxHeaderBytes, math.MaxInt, 1, 5, DefaultMaxContinuations, DefaultMaxWork, DefaultMaxPings, DefaultMaxSettings}
	if got != want || got.WithDefaults() != got {
		t.Errorf("%+v, want %+v", got, want)
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
