package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

// memory is what this process takes.
type memory struct {
	heap     int64
	resident int64 // RSS, or what stands in for it: see resident
}

// measure collects garbage, gives back to the system what is free, and says what is left.
func measure() memory {
	runtime.GC()         // what is in a sync.Pool survives one
	debug.FreeOSMemory() // and this is the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	_, now, _ := resident()
	return memory{int64(m.HeapAlloc), now}
}

// resident returns the process's resident set size, now and at its peak (VmRSS and VmHWM, proc(5)). Where there is no /proc it
// returns what the Go runtime has taken from the system, and name says so.
func resident() (name string, now, peak int64) {
	status, err := os.ReadFile("/proc/self/status")
	for line := range bytes.Lines(status) {
		fmt.Sscanf(string(line), "VmRSS: %d kB", &now)  //nolint:errcheck // most lines are others
		fmt.Sscanf(string(line), "VmHWM: %d kB", &peak) //nolint:errcheck // most lines are others
	}
	if err == nil && now > 0 && peak > 0 {
		return "RSS", now << 10, peak << 10
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return "memory from the system, as there is no RSS here", int64(m.Sys - m.HeapReleased), int64(m.Sys)
}

// setGC makes collections more frequent than by default, so that less garbage stands beside what is held, and returns what is in
// force. GOGC and GOMEMLIMIT in the environment have precedence.
func setGC(percent int) string {
	if v := os.Getenv("GOGC"); v == "" {
		debug.SetGCPercent(percent)
	} else {
		percent = debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
	}
	limit := "none"
	if v := debug.SetMemoryLimit(-1); v < 1<<62 {
		limit = mib(v)
	}
	return fmt.Sprintf("%d, %s", percent, limit)
}

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
