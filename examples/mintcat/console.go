package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// console is standard input, output and error. On a terminal lines are edited below what is printed; in pipes nothing is added
// to what comes and goes.
type console struct {
	out, err io.Writer   // messages; all else
	input    chan []byte // whole lines, as many as there are, each with its end; or a piece, with -b from a pipe
	failed   error       // why there is no more, once input is closed; nil at the end of it

	commands bool           // input is typed by somebody, who may give commands
	escape   bool           // output is a terminal
	editor   *term.Terminal // where both are the same one
	before   *term.State    // of it
	once     sync.Once      // for giving it back
}

// prompt stands before what is typed.
const prompt = "> "

// open begins to read standard input. With binary it comes in pieces as they are read, else in lines. A Ctrl-C that is
// typed goes to signals.
func open(binary bool, signals chan<- os.Signal) (*console, error) {
	in, out := int(os.Stdin.Fd()), int(os.Stdout.Fd())
	c := &console{out: os.Stdout, err: os.Stderr, input: make(chan []byte), commands: term.IsTerminal(in), escape: term.IsTerminal(out)}
	if !c.commands || !c.escape {
		go c.read(binary && !c.commands)
		return c, nil
	}
	var err error
	if c.before, err = term.MakeRaw(in); err != nil {
		return nil, err
	}
	c.editor = term.NewTerminal(keyboard{os.Stdin, os.Stdout, signals}, prompt)
	c.out = c.editor
	if term.IsTerminal(int(os.Stderr.Fd())) {
		c.err = c.editor
	}
	c.resize()
	go c.edit()
	return c, nil
}

// close gives the terminal back as it was, without the prompt.
func (c *console) close() {
	if c.editor != nil {
		c.once.Do(func() {
			fmt.Fprint(os.Stdout, "\r\x1b[K")
			term.Restore(int(os.Stdin.Fd()), c.before)
		})
	}
}

// resize follows the size of the window.
func (c *console) resize() {
	if width, height, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
		c.editor.SetSize(width, height)
	}
}

// note tells something that is no message.
func (c *console) note(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	io.WriteString(c.err, s)
}

// read reads lines, or pieces, from a pipe, a file or a terminal whose other half is elsewhere.
func (c *console) read(pieces bool) {
	defer close(c.input)
	r := bufio.NewReaderSize(os.Stdin, 64<<10)
	for {
		var p []byte
		var err error
		if pieces {
			p = make([]byte, 64<<10)
			var n int
			n, err = r.Read(p)
			p = p[:n]
		} else if p, err = r.ReadBytes('\n'); err == nil { // the first one, however long, and those that came with it
			more, _ := r.Peek(r.Buffered())
			p = append(p, more[:bytes.LastIndexByte(more, '\n')+1]...)
			r.Discard(bytes.LastIndexByte(more, '\n') + 1)
		}
		if len(p) > 0 {
			c.input <- p
		}
		if err != nil {
			if err != io.EOF {
				c.failed = err
			}
			return
		}
	}
}

// edit reads lines that are typed.
func (c *console) edit() {
	defer close(c.input)
	for {
		line, err := c.editor.ReadLine()
		if err != nil {
			if err != io.EOF {
				c.failed = err
			}
			return
		}
		c.resize()
		c.input <- []byte(line + "\n")
	}
}

// keyboard is a terminal in raw mode, where Ctrl-C is a byte.
type keyboard struct {
	io.Reader
	io.Writer
	signals chan<- os.Signal
}

func (k keyboard) Read(p []byte) (int, error) {
	for {
		n, err := k.Reader.Read(p)
		kept := p[:0]
		for _, b := range p[:n] {
			if b == 3 { // ETX, which is Ctrl-C
				k.signals <- syscall.SIGINT
			} else {
				kept = append(kept, b)
			}
		}
		if len(kept) > 0 || err != nil {
			return len(kept), err
		}
	}
}
