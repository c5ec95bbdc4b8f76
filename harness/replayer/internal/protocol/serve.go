// Package protocol speaks with the program that started this one: one JSON object a line, asks on
// stdin, answers on stdout.
//
// Nothing here ends the conversation but the end of stdin: whatever goes wrong with an ask is that
// ask's answer.
package protocol

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"alertdrill/replayer/internal/failure"
)

// Version is raised when an answer changes its shape.
const Version = 1

type hello struct {
	Protocol   int    `json:"protocol"`
	Prometheus string `json:"prometheus"`
}

type answer struct {
	ID    int64            `json:"id"`
	OK    any              `json:"ok,omitempty"`
	Error *failure.Failure `json:"error,omitempty"`
}

// Serve answers asks until stdin ends, and then what is pending.
func Serve(asks io.Reader, answers io.Writer, prometheusVersion string) error {
	out := make(chan answer)
	written := make(chan error, 1)
	go func() { written <- write(answers, prometheusVersion, out) }()

	session := &session{}
	workers := make(chan struct{}, runtime.GOMAXPROCS(0))
	var pending sync.WaitGroup
	lines := bufio.NewReaderSize(asks, 1<<16)
	var readError error
	for {
		line, err := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			next, refused := parseAsk(line)
			switch {
			case refused != nil:
				out <- answer{ID: next.id, Error: refused}
			case next.inOrder():
				out <- session.answer(next)
			default:
				workers <- struct{}{}
				pending.Add(1)
				go func() {
					defer func() { <-workers; pending.Done() }()
					out <- session.answer(next)
				}()
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				readError = fmt.Errorf("failed to read from stdin: %w", err)
			}
			break
		}
	}
	pending.Wait()
	close(out)
	return errors.Join(readError, <-written)
}

// write alone writes to stdout. After an error it takes what still comes, so that nobody waits.
func write(to io.Writer, prometheusVersion string, answers <-chan answer) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(hello{Protocol: Version, Prometheus: prometheusVersion})
	for next := range answers {
		if err == nil {
			err = encoder.Encode(next)
		}
	}
	if err != nil {
		return fmt.Errorf("failed to write to stdout: %w", err)
	}
	return nil
}

// ask is a line that is understood so far as to know who is to answer it.
type ask struct {
	id   int64
	name string
	line []byte
}

// inOrder: what comes after `open` is about what it opens.
func (a ask) inOrder() bool { return a.name == "open" }

func parseAsk(line []byte) (ask, *failure.Failure) {
	var head struct {
		ID  *int64  `json:"id"`
		Ask *string `json:"ask"`
	}
	err := json.Unmarshal(line, &head)
	found := ask{line: line}
	if head.ID != nil {
		found.id = *head.ID
	}
	switch {
	case err != nil:
		return found, failure.New(failure.BadAsk, "the line is no ask: %s", err)
	case head.ID == nil:
		return found, failure.New(failure.BadAsk, "the ask has no id")
	case head.Ask == nil:
		return found, failure.New(failure.BadAsk, "the ask has no field `ask`")
	}
	found.name = *head.Ask
	return found, nil
}

// answer turns whatever happens into an answer.
func (s *session) answer(to ask) (given answer) {
	given.ID = to.id
	defer func() {
		if panicked := recover(); panicked != nil {
			fmt.Fprintf(os.Stderr, "panic in ask %d (%s): %v\n%s", to.id, to.name, panicked,
				debug.Stack())
			given.OK = nil
			given.Error = failure.New(failure.Defect, "panic: %v", panicked)
		}
	}()
	ok, err := s.handle(to)
	if err != nil {
		given.Error = failure.Of(err)
		return given
	}
	given.OK = ok
	return given
}

// decode reads an ask's fields; a field that nobody knows is a misunderstanding, told at once.
func decode[T any](from ask) (T, error) {
	var fields struct {
		ID  int64  `json:"id"`
		Ask string `json:"ask"`
	}
	var wanted T
	if err := decodeStrictly(from.line, &fields, &wanted); err != nil {
		return wanted, failure.New(failure.BadAsk, "the ask %q is not understood: %s",
			from.name, err)
	}
	return wanted, nil
}

// decodeStrictly reads one object's fields into the parts that they belong to.
func decodeStrictly(line []byte, head, wanted any) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return err
	}
	if err := json.Unmarshal(line, head); err != nil {
		return err
	}
	delete(fields, "id")
	delete(fields, "ask")
	rest, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(rest))
	decoder.DisallowUnknownFields()
	return decoder.Decode(wanted)
}
