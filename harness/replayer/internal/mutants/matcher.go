package mutants

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

var turnedMatchers = map[labels.MatchType]labels.MatchType{
	labels.MatchEqual:     labels.MatchNotEqual,
	labels.MatchNotEqual:  labels.MatchEqual,
	labels.MatchRegexp:    labels.MatchNotRegexp,
	labels.MatchNotRegexp: labels.MatchRegexp,
}

func (e *expression) matchers(b *branch) []change {
	n, ok := b.node.(*parser.VectorSelector)
	if !ok {
		return nil
	}
	braces := b.first
	if !e.is(braces, parser.LEFT_BRACE) {
		braces++
	}
	if !e.is(braces, parser.LEFT_BRACE) || braces > b.last {
		return nil
	}
	var all []change
	for i, written := range e.listed(braces) {
		// A metric's name in quotes is no label matcher.
		if written.last != written.first+2 || i >= len(n.LabelMatchers) {
			continue
		}
		matcher := n.LabelMatchers[i]
		text := written.text(e)
		turned := turnedMatchers[matcher.Type]
		all = append(all, change{
			mutator: "matcher", at: b, detail: matcher.Name, edit: written.without,
			becomes: "removed", says: fmt.Sprintf("the matcher `%s` is removed", text),
			tree: onSelector(func(n *parser.VectorSelector) {
				n.LabelMatchers = slices.Delete(n.LabelMatchers, i, i+1)
			}),
		}, change{
			mutator: "matcher", at: b, detail: matcher.Name,
			edit: e.replaced(written.first+1, turned.String()), becomes: turned.String(),
			says: fmt.Sprintf("`%s` becomes `%s` in `%s`", matcher.Type, turned, text),
			tree: onSelector(func(n *parser.VectorSelector) {
				n.LabelMatchers[i] = rematched(n.LabelMatchers[i], turned, matcher.Value)
			}),
		})
		if matcher.Type == labels.MatchRegexp || matcher.Type == labels.MatchNotRegexp {
			all = append(all, e.fewerAlternatives(b, i, written, matcher)...)
		}
	}
	return all
}

func (e *expression) fewerAlternatives(
	b *branch, i int, written item, matcher *labels.Matcher,
) []change {
	var all []change
	alternatives := alternativesOf(matcher.Value)
	for _, one := range alternatives {
		value := one.without.applied(matcher.Value)
		all = append(all, change{
			mutator: "matcher", at: b, detail: matcher.Name,
			edit:    e.inString(written.last, matcher.Value, one.without),
			becomes: "without " + one.text,
			says: fmt.Sprintf("the alternative `%s` is removed from `%s`",
				one.text, written.text(e)),
			tree: onSelector(func(n *parser.VectorSelector) {
				n.LabelMatchers[i] = rematched(n.LabelMatchers[i], matcher.Type, value)
			}),
		})
	}
	return all
}

// inString is an edit of a string's value: in place where nothing is escaped in it.
func (e *expression) inString(token int, value string, in edit) edit {
	if written := e.tokens[token].Val; written[1:len(written)-1] == value {
		inside := e.start(token) + 1
		return edit{inside + in.from, inside + in.to, in.text}
	}
	return e.replaced(token, strconv.Quote(in.applied(value)))
}

func rematched(m *labels.Matcher, kind labels.MatchType, value string) *labels.Matcher {
	other, err := labels.NewMatcher(kind, m.Name, value)
	if err != nil {
		// Not an expression of Prometheus's then: the text is refused, and this is never compared.
		return m
	}
	return other
}

func onSelector(change func(*parser.VectorSelector)) func(parser.Expr) parser.Expr {
	return func(node parser.Expr) parser.Expr {
		change(node.(*parser.VectorSelector))
		return node
	}
}

// alternative is one of a regular expression's, and the edit that leaves it out.
type alternative struct {
	text    string
	without edit
}

// alternativesOf splits `a|b|c`, also `(a|b|c)`; none if it is no alternation.
func alternativesOf(pattern string) []alternative {
	from, to := 0, len(pattern)
	bars := barsOf(pattern, from, to)
	if len(bars) == 0 {
		for _, open := range []string{"(?:", "("} {
			if strings.HasPrefix(pattern, open) && closes(pattern) == len(pattern)-1 {
				from, to = len(open), len(pattern)-1
				bars = barsOf(pattern, from, to)
				break
			}
		}
	}
	if len(bars) == 0 {
		return nil
	}
	var all []alternative
	start := from
	for i, end := range append(bars, to) {
		without := edit{start, end, ""}
		if i < len(bars) {
			without.to++
		} else {
			without.from--
		}
		all = append(all, alternative{pattern[start:end], without})
		start = end + 1
	}
	return all
}

// barsOf finds the `|` that stand in no group, class or escape.
func barsOf(pattern string, from, to int) []int {
	var bars []int
	walkPattern(pattern[from:to], func(at, depth int) {
		if depth == 0 && pattern[from+at] == '|' {
			bars = append(bars, from+at)
		}
	})
	return bars
}

// closes is where the group that the pattern begins with ends, or -1.
func closes(pattern string) int {
	end := -1
	walkPattern(pattern, func(at, depth int) {
		if end < 0 && depth == 0 && pattern[at] == ')' {
			end = at
		}
	})
	return end
}

// walkPattern visits each byte with meaning of its own, and how many groups are open after it.
func walkPattern(pattern string, visit func(at, depth int)) {
	depth := 0
	for at := 0; at < len(pattern); at++ {
		switch pattern[at] {
		case '\\':
			if strings.HasPrefix(pattern[at:], `\Q`) {
				literally, _, _ := strings.Cut(pattern[at:], `\E`)
				at += len(literally) + 1
			} else {
				at++
			}
			continue
		case '[':
			at = classEnd(pattern, at)
			continue
		case '(':
			depth++
		case ')':
			depth--
		}
		visit(at, depth)
	}
}

func classEnd(pattern string, at int) int {
	at++
	if at < len(pattern) && pattern[at] == '^' {
		at++
	}
	for first := at; at < len(pattern); at++ {
		switch {
		case pattern[at] == '\\':
			at++
		case strings.HasPrefix(pattern[at:], "[:"):
			if end := strings.Index(pattern[at:], ":]"); end > 0 {
				at += end + 1
			}
		case pattern[at] == ']' && at > first:
			return at
		}
	}
	return at
}
