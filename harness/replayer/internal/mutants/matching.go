package mutants

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// matchings changes how the series of an operator's two sides find each other.
func (e *expression) matchings(b *branch) []change {
	if _, ok := b.node.(*parser.BinaryExpr); !ok {
		return nil
	}
	left, right := b.children[0], b.children[1]
	clause, group := -1, -1
	for token := left.last + 1; token < right.first; token++ {
		switch {
		case e.is(token, parser.ON, parser.IGNORING):
			clause = token
			token = e.closing(token + 1)
		case e.is(token, parser.GROUP_LEFT, parser.GROUP_RIGHT):
			group = token
			token = right.first
		}
	}
	if clause < 0 {
		return nil
	}
	all := e.clauseChanges(b, clause, right.first-1)
	if group >= 0 {
		all = append(all, e.groupChanges(b, group, right.first-1)...)
	}
	return all
}

// clauseChanges are those of `on` and `ignoring`. The clause goes with the `group_left` after it,
// which cannot be without it.
func (e *expression) clauseChanges(b *branch, clause, last int) []change {
	const mutator = "matching"
	other := "ignoring"
	if e.is(clause, parser.IGNORING) {
		other = "on"
	}
	all := []change{{
		mutator: mutator, at: b, edit: e.replaced(clause, other),
		becomes: other, says: becomes(e.tokens[clause].Val, other),
		tree: onMatching(func(m *parser.VectorMatching) { m.On = !m.On }),
	}, {
		mutator: mutator, at: b, edit: e.removed(clause, last), becomes: "no clause",
		says: fmt.Sprintf("`%s` is removed", e.text[e.start(clause):e.end(last)]),
		tree: onMatching(func(m *parser.VectorMatching) {
			m.On, m.MatchingLabels = false, nil
			ungrouped(m)
		}),
	}}
	for i, label := range e.listed(clause + 1) {
		all = append(all, change{
			mutator: mutator, at: b, detail: label.text(e), edit: label.without,
			becomes: "removed", says: fmt.Sprintf("the label `%s` is removed from `%s`",
				label.text(e), e.tokens[clause].Val),
			tree: onMatching(func(m *parser.VectorMatching) {
				m.MatchingLabels = slices.Delete(m.MatchingLabels, i, i+1)
			}),
		})
	}
	return all
}

func (e *expression) groupChanges(b *branch, group, last int) []change {
	const mutator = "matching"
	name := e.tokens[group].Val
	all := []change{{
		mutator: mutator, at: b, edit: e.removed(group, last), becomes: "no " + name,
		says: fmt.Sprintf("`%s` is removed", e.text[e.start(group):e.end(last)]),
		tree: onMatching(ungrouped),
	}}
	if !e.is(group+1, parser.LEFT_PAREN) || group == last {
		return all
	}
	for i, label := range e.listed(group + 1) {
		all = append(all, change{
			mutator: mutator, at: b, detail: name + " " + label.text(e), edit: label.without,
			becomes: "removed",
			says:    fmt.Sprintf("the label `%s` is removed from `%s`", label.text(e), name),
			tree: onMatching(func(m *parser.VectorMatching) {
				m.Include = slices.Delete(m.Include, i, i+1)
			}),
		})
	}
	return all
}

func ungrouped(m *parser.VectorMatching) {
	m.Include = nil
	if m.Card == parser.CardManyToOne || m.Card == parser.CardOneToMany {
		m.Card = parser.CardOneToOne
	}
}

func onMatching(change func(*parser.VectorMatching)) func(parser.Expr) parser.Expr {
	return onBinary(func(n *parser.BinaryExpr) {
		if n.VectorMatching != nil {
			change(n.VectorMatching)
		}
	})
}
