// Package installed finds the programs of others that tests talk to. internal/test/interop/install.sh installs them.
package installed

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Program returns the path of a program. Without it the test ends, as Missing says.
func Program(t *testing.T, name string) string {
	t.Helper()
	for _, place := range []string{name, filepath.Join("/usr/sbin", name)} { // which is not on everybody's path
		if path, err := exec.LookPath(place); err == nil {
			return path
		}
	}
	Missing(t, name, nil)
	return ""
}

// Missing ends a test for which something is not installed: it fails where CI is true, and elsewhere it is skipped. said is what
// was said instead, if anything was.
func Missing(t *testing.T, what string, said []byte) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: run internal/test/interop/install.sh\n%s", what, said)
	}
	t.Skipf("%s is not installed; internal/test/interop/install.sh does that", what)
}
