package main

import (
	"context"
	"log/slog"
)

// logSummaries returns a function for options.Done that writes one line for each summary.
func logSummaries(l *slog.Logger) func(summary) {
	return func(s summary) {
		level, msg := slog.LevelInfo, "closed"
		switch {
		case s.Status != 101 && s.Status != 200:
			level, msg = slog.LevelWarn, "refused"
		case s.Err != nil:
			level, msg = slog.LevelWarn, "failed"
		}
		attrs := []slog.Attr{slog.String("remote", s.Remote), slog.String("path", clip(s.Path))}
		if msg == "refused" {
			attrs = append(attrs, slog.Int("status", s.Status))
		} else {
			attrs = append(attrs, slog.String("subprotocol", s.Subprotocol),
				slog.Int64("in", s.MessagesIn), slog.Int64("out", s.MessagesOut),
				slog.Int64("bytesIn", s.BytesIn), slog.Int64("bytesOut", s.BytesOut), slog.Int("code", int(s.Code)))
		}
		attrs = append(attrs, slog.Duration("duration", s.Duration))
		if s.Err != nil {
			attrs = append(attrs, slog.String("error", s.Err.Error()))
		}
		l.LogAttrs(context.Background(), level, msg, attrs...)
	}
}

// clip bounds what a peer can put into a line of the log.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
