package mutants

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

func half(d time.Duration) (time.Duration, bool) {
	return d / 2, d/2 >= time.Millisecond && d%(2*time.Millisecond) == 0
}

func twice(d time.Duration) (time.Duration, bool) {
	return d * 2, d <= time.Duration(1<<62-1)
}

// halfAndTwice leaves out what Prometheus cannot write.
func halfAndTwice(d time.Duration) []time.Duration {
	var all []time.Duration
	if shorter, ok := half(d); ok {
		all = append(all, shorter)
	}
	if longer, ok := twice(d); ok {
		all = append(all, longer)
	}
	return all
}

func durationText(d time.Duration) string { return model.Duration(d).String() }

// ranges changes how far a range or a subquery reaches back, and a subquery's step.
func (e *expression) ranges(b *branch) []change {
	var all []change
	at := func(token int, detail string, d time.Duration, set func(parser.Expr, time.Duration)) {
		for _, other := range halfAndTwice(d) {
			text := durationText(other)
			all = append(all, change{
				mutator: "range", at: b, detail: detail, edit: e.replaced(token, text),
				becomes: text, says: detailed(detail, becomes(e.tokens[token].Val, text)),
				tree: func(node parser.Expr) parser.Expr {
					set(node, other)
					return node
				},
			})
		}
	}
	switch n := b.node.(type) {
	case *parser.MatrixSelector:
		at(b.children[0].last+2, "", n.Range, func(node parser.Expr, d time.Duration) {
			node.(*parser.MatrixSelector).Range = d
		})
	case *parser.SubqueryExpr:
		reach := b.children[0].last + 2
		at(reach, "", n.Range, func(node parser.Expr, d time.Duration) {
			node.(*parser.SubqueryExpr).Range = d
		})
		if e.is(reach+2, parser.DURATION) {
			at(reach+2, "step", n.Step, func(node parser.Expr, d time.Duration) {
				node.(*parser.SubqueryExpr).Step = d
			})
		}
	}
	return all
}

func detailed(detail, says string) string {
	if detail == "" {
		return says
	}
	return "the " + detail + " " + says
}

// timing is where a selector or subquery keeps its `offset` and `@`.
type timing struct {
	offset     *time.Duration
	timestamp  **int64
	startOrEnd *parser.ItemType
}

func timingOf(node parser.Expr) (timing, bool) {
	switch n := node.(type) {
	case *parser.VectorSelector:
		return timing{&n.OriginalOffset, &n.Timestamp, &n.StartOrEnd}, true
	case *parser.MatrixSelector:
		return timingOf(n.VectorSelector)
	case *parser.SubqueryExpr:
		return timing{&n.OriginalOffset, &n.Timestamp, &n.StartOrEnd}, true
	}
	return timing{}, false
}

// offsets changes and removes `offset`, and removes `@`.
func (e *expression) offsets(b *branch) []change {
	if b.parent != nil {
		if _, ranged := b.parent.node.(*parser.MatrixSelector); ranged {
			return nil
		}
	}
	if _, timed := timingOf(b.node); !timed {
		return nil
	}
	var all []change
	for token := e.modifiersOf(b); token <= b.last; token++ {
		switch {
		case e.is(token, parser.OFFSET):
			last := token + 1
			if e.is(last, parser.SUB) {
				last++
			}
			all = append(all, e.offsetChanges(b, token, last)...)
			token = last
		case e.is(token, parser.AT):
			last := token + 1
			for last < b.last && !e.is(last+1, parser.OFFSET) {
				last++
			}
			all = append(all, change{
				mutator: "at", at: b, edit: e.removed(token, last), becomes: "removed",
				says: fmt.Sprintf("`%s` is removed", e.text[e.start(token):e.end(last)]),
				tree: onTiming(func(t timing) { *t.timestamp, *t.startOrEnd = nil, 0 }),
			})
			token = last
		}
	}
	return all
}

// modifiersOf is the first token after a selector's braces, or after a range or subquery.
func (e *expression) modifiersOf(b *branch) int {
	switch b.node.(type) {
	case *parser.MatrixSelector, *parser.SubqueryExpr:
		return e.closing(b.children[0].last+1) + 1
	}
	token := b.first
	if e.is(token+1, parser.LEFT_BRACE) {
		token++
	}
	if e.is(token, parser.LEFT_BRACE) {
		token = e.closing(token)
	}
	return token + 1
}

func (e *expression) offsetChanges(b *branch, first, last int) []change {
	written := e.text[e.start(first):e.end(last)]
	all := []change{{
		mutator: "offset", at: b, edit: e.removed(first, last), becomes: "removed",
		says: fmt.Sprintf("`%s` is removed", written),
		tree: onTiming(func(t timing) { *t.offset = 0 }),
	}}
	t, _ := timingOf(b.node)
	sign := time.Duration(1)
	if *t.offset < 0 {
		sign = -1
	}
	for _, other := range halfAndTwice(*t.offset * sign) {
		text := durationText(other)
		all = append(all, change{
			mutator: "offset", at: b, edit: e.replaced(last, text), becomes: text,
			says: "the offset " + becomes(e.tokens[last].Val, text),
			tree: onTiming(func(t timing) { *t.offset = other * sign }),
		})
	}
	return all
}

func onTiming(change func(timing)) func(parser.Expr) parser.Expr {
	return func(node parser.Expr) parser.Expr {
		t, _ := timingOf(node)
		change(t)
		return node
	}
}
