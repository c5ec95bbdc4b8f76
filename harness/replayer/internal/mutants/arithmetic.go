package mutants

import (
	"github.com/prometheus/prometheus/promql/parser"
)

var otherArithmetic = map[parser.ItemType][]parser.ItemType{
	parser.ADD: {parser.SUB},
	parser.SUB: {parser.ADD},
	parser.MUL: {parser.DIV},
	parser.DIV: {parser.MUL},
}

// arithmetic drops a side only where the other has the type of the whole.
func (e *expression) arithmetic(b *branch) []change {
	n, ok := b.node.(*parser.BinaryExpr)
	if !ok || n.Op.IsComparisonOperator() || n.Op.IsSetOperator() {
		return nil
	}
	all := e.otherOperators("arithmetic", b, otherArithmetic[n.Op])
	for side := range 2 {
		if b.children[1-side].node.Type() == n.Type() {
			all = append(all, e.withoutSide("arithmetic", b, side))
		}
	}
	return all
}
