package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// step is a state, and what has led to it.
type step struct {
	state state
	notes []string
}

// player stands at one step of a recording. All steps that it was at are kept; the others are made when they are asked for.
type player struct {
	pieces []piece
	steps  []step
	at     int
	w      io.Writer
}

const help = `n or an empty line: next; p: back; g N: to step N; a: all that is left; b: the bytes; q: the end
t < "\x88\x00" or t > end: what would happen if that came now; nothing is changed by it
`

// play does what commands say, a line each, until they end.
func play(pieces []piece, commands io.Reader, w io.Writer, terminal bool) error {
	out := bufio.NewWriter(w)
	defer out.Flush()
	pl := &player{pieces: pieces, steps: make([]step, 1), w: out}
	if terminal {
		fmt.Fprint(out, help)
	}
	pl.show()
	for lines := bufio.NewScanner(commands); ; {
		if terminal {
			fmt.Fprint(out, "? ")
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if !lines.Scan() {
			if terminal {
				fmt.Fprintln(out)
			}
			return lines.Err()
		}
		name, arg, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if name == "q" {
			return nil
		}
		if err := pl.do(name, arg); err != nil {
			fmt.Fprintln(out, err)
			if !terminal { // a script goes on only where its commands are understood
				return fmt.Errorf("command %q: %w", lines.Text(), err)
			}
		}
	}
}

// do is one command.
func (pl *player) do(name, arg string) (err error) {
	to := pl.at
	switch name {
	case "n", "":
		to++
	case "p":
		to--
	case "g":
		if to, err = strconv.Atoi(arg); err != nil {
			return fmt.Errorf("%q is no number", arg)
		}
	case "a":
		for err == nil && pl.at < len(pl.pieces) {
			err = pl.do("n", "")
		}
		return err
	case "b":
		if pl.at > 0 {
			fmt.Fprint(pl.w, hex.Dump(pl.pieces[pl.at-1].data))
		}
		return nil
	case "t":
		var p piece
		if p, err = parsePiece("0 " + arg); err != nil {
			return err
		}
		pl.print(pl.steps[pl.at].state.next(p)) // and there it ends: the step is what it was
		return nil
	default:
		fmt.Fprint(pl.w, help)
		return nil
	}
	if to < 0 || to > len(pl.pieces) {
		return fmt.Errorf("there are steps 0 to %d", len(pl.pieces))
	}
	for len(pl.steps) <= to {
		st, log := pl.steps[len(pl.steps)-1].state.next(pl.pieces[len(pl.steps)-1])
		pl.steps = append(pl.steps, step{st, log})
	}
	pl.at = to
	pl.show()
	return nil
}

// show prints the step.
func (pl *player) show() {
	if pl.at == 0 {
		fmt.Fprintf(pl.w, "0/%d\n", len(pl.pieces))
	} else {
		p := pl.pieces[pl.at-1]
		what := fmt.Sprintf("%d bytes", len(p.data))
		if p.end {
			what = "end"
		}
		fmt.Fprintf(pl.w, "%d/%d  %.3f s  %c %s\n", pl.at, len(pl.pieces), p.at.Seconds(), p.from, what)
	}
	pl.print(pl.steps[pl.at].state, pl.steps[pl.at].notes)
}

func (pl *player) print(st state, log []string) {
	for _, line := range log {
		fmt.Fprintln(pl.w, "    ", line)
	}
	st.print(pl.w)
}
