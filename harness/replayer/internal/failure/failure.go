// Package failure names what can go wrong with an ask.
//
// The other side acts on the kind and shows the words, so each error is given its kind where it is
// understood, not where it is written out.
package failure

import (
	"errors"
	"fmt"
)

// Kind is what the other side tells errors apart by.
type Kind string

const (
	BadAsk       Kind = "bad_ask"
	BadRules     Kind = "bad_rules"
	BadRecording Kind = "bad_recording"
	NoAnswer     Kind = "no_answer"
	Defect       Kind = "defect"
)

// Failure is an error with its kind, as it stands in an answer.
type Failure struct {
	Kind    Kind     `json:"kind"`
	Message string   `json:"message"`
	Details []string `json:"details,omitempty"`
}

func (f *Failure) Error() string { return f.Message }

// New makes a failure of a kind; the message is formatted as by fmt.Sprintf.
func New(kind Kind, format string, args ...any) *Failure {
	return &Failure{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Of gives an error its kind: its own if it has one, else it is a defect.
func Of(err error) *Failure {
	var known *Failure
	if errors.As(err, &known) {
		return known
	}
	return New(Defect, "%s", err)
}
