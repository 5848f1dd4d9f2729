package utf8dfa

import (
	"bytes"
	"syscall"
	"testing"
)

// TestReadsNothingBeyond: a piece between two pages that nobody may read is read to its last byte and no further. Reading more
// ends the program.
func TestReadsNothingBeyond(t *testing.T) {
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if unmapErr := syscall.Munmap(memory); unmapErr != nil {
			t.Error(unmapErr)
		}
	}()
	for _, guard := range [][]byte{memory[:page], memory[2*page:]} {
		if err = syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	middle := memory[page : 2*page : 2*page]
	for _, fill := range []string{"a", "é", "€", "😀", "ascii and €, "} {
		copy(middle, bytes.Repeat([]byte(fill), page/len(fill)))
		for n := range 400 {
			Check(Start, middle[:n:n])
			Check(Start, middle[page-n:])
		}
		Check(Start, middle)
	}
}
