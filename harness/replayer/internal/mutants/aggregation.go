package mutants

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

var otherAggregations = map[parser.ItemType][]parser.ItemType{
	parser.SUM:     {parser.MAX, parser.AVG},
	parser.MAX:     {parser.MIN, parser.AVG},
	parser.MIN:     {parser.MAX, parser.AVG},
	parser.AVG:     {parser.MAX, parser.SUM},
	parser.COUNT:   {parser.SUM, parser.MAX},
	parser.TOPK:    {parser.BOTTOMK},
	parser.BOTTOMK: {parser.TOPK},
}

func (e *expression) aggregations(b *branch) []change {
	n, ok := b.node.(*parser.AggregateExpr)
	if !ok {
		return nil
	}
	var all []change
	for _, other := range otherAggregations[n.Op] {
		all = append(all, change{
			mutator: "aggregation", at: b, edit: e.replaced(b.first, other.String()),
			becomes: other.String(), says: becomes(e.tokens[b.first].Val, other.String()),
			tree: onAggregate(func(n *parser.AggregateExpr) { n.Op = other }),
		})
	}
	return all
}

func (e *expression) aggregationLabels(b *branch) []change {
	if _, ok := b.node.(*parser.AggregateExpr); !ok {
		return nil
	}
	clause := e.groupingOf(b)
	if clause < 0 {
		return nil
	}
	last := e.closing(clause + 1)
	const mutator = "aggregation_labels"
	other := "without"
	if e.is(clause, parser.WITHOUT) {
		other = "by"
	}
	all := []change{{
		mutator: mutator, at: b, edit: e.replaced(clause, other),
		becomes: other, says: becomes(e.tokens[clause].Val, other),
		tree: onAggregate(func(n *parser.AggregateExpr) { n.Without = !n.Without }),
	}, {
		mutator: mutator, at: b, edit: e.removed(clause, last), becomes: "no clause",
		says: fmt.Sprintf("`%s` is removed", e.text[e.start(clause):e.end(last)]),
		tree: onAggregate(func(n *parser.AggregateExpr) { n.Without, n.Grouping = false, nil }),
	}}
	for i, label := range e.listed(clause + 1) {
		all = append(all, change{
			mutator: mutator, at: b, detail: label.text(e), edit: label.without,
			becomes: "removed", says: fmt.Sprintf("the label `%s` is removed", label.text(e)),
			tree: onAggregate(func(n *parser.AggregateExpr) {
				n.Grouping = slices.Delete(n.Grouping, i, i+1)
			}),
		})
	}
	return all
}

// groupingOf is the token of `by` or `without`, which may stand before or after the arguments.
func (e *expression) groupingOf(b *branch) int {
	if e.is(b.first+1, parser.BY, parser.WITHOUT) {
		return b.first + 1
	}
	if after := e.closing(b.first+1) + 1; after <= b.last {
		return after
	}
	return -1
}

func onAggregate(change func(*parser.AggregateExpr)) func(parser.Expr) parser.Expr {
	return func(node parser.Expr) parser.Expr {
		change(node.(*parser.AggregateExpr))
		return node
	}
}

// item is one of a list in brackets, and the edit that leaves it out.
type item struct {
	first, last int
	without     edit
}

func (i item) text(e *expression) string { return e.text[e.start(i.first):e.end(i.last)] }

// listed are the items between brackets, of which the opening one is at a token.
func (e *expression) listed(open int) []item {
	closing := e.closing(open)
	var items []item
	first := open + 1
	for token := first; token <= closing; token++ {
		if token < closing && !e.is(token, parser.COMMA) {
			continue
		}
		if token > first {
			items = append(items, item{first: first, last: token - 1})
		}
		first = token + 1
	}
	for i := range items {
		switch {
		case i+1 < len(items):
			items[i].without = edit{e.start(items[i].first), e.start(items[i+1].first), ""}
		case i > 0:
			items[i].without = edit{e.end(items[i-1].last), e.end(items[i].last), ""}
		default:
			// With the comma that may follow it.
			items[i].without = edit{e.start(items[i].first), e.end(closing - 1), ""}
		}
	}
	return items
}
