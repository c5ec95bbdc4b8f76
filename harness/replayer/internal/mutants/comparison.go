package mutants

import (
	"github.com/prometheus/prometheus/promql/parser"
)

// otherComparisons are those that people take by mistake: the one with or without the boundary, and
// the other direction.
var otherComparisons = map[parser.ItemType][]parser.ItemType{
	parser.GTR:  {parser.GTE, parser.LSS},
	parser.GTE:  {parser.GTR, parser.LTE},
	parser.LSS:  {parser.LTE, parser.GTR},
	parser.LTE:  {parser.LSS, parser.GTE},
	parser.EQLC: {parser.NEQ},
	parser.NEQ:  {parser.EQLC},
}

func (e *expression) comparisons(b *branch) []change {
	n, ok := b.node.(*parser.BinaryExpr)
	if !ok || !n.Op.IsComparisonOperator() {
		return nil
	}
	operator := b.children[0].last + 1
	all := e.otherOperators("comparison", b, otherComparisons[n.Op])
	if n.ReturnBool {
		all = append(all, change{
			mutator: "comparison", at: b, edit: e.removed(operator+1, operator+1),
			becomes: "without bool", says: "`bool` is removed",
			tree: onBinary(func(n *parser.BinaryExpr) { n.ReturnBool = false }),
		})
	}
	return all
}

func (e *expression) otherOperators(mutator string, b *branch, others []parser.ItemType) []change {
	operator := b.children[0].last + 1
	var all []change
	for _, other := range others {
		all = append(all, change{
			mutator: mutator, at: b, edit: e.replaced(operator, other.String()),
			becomes: other.String(),
			says:    becomes(e.tokens[operator].Val, other.String()),
			tree:    onBinary(func(n *parser.BinaryExpr) { n.Op = other }),
		})
	}
	return all
}

func onBinary(change func(*parser.BinaryExpr)) func(parser.Expr) parser.Expr {
	return func(node parser.Expr) parser.Expr {
		change(node.(*parser.BinaryExpr))
		return node
	}
}
