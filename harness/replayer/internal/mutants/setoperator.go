package mutants

import (
	"github.com/prometheus/prometheus/promql/parser"
)

var otherSetOperators = map[parser.ItemType][]parser.ItemType{
	parser.LAND:    {parser.LUNLESS},
	parser.LUNLESS: {parser.LAND},
	parser.LOR:     {parser.LAND},
}

func (e *expression) setOperators(b *branch) []change {
	n, ok := b.node.(*parser.BinaryExpr)
	if !ok || !n.Op.IsSetOperator() {
		return nil
	}
	all := e.otherOperators("set_operator", b, otherSetOperators[n.Op])
	return append(all, e.withoutSide("side", b, 0), e.withoutSide("side", b, 1))
}

var sideNames = [2]string{"left", "right"}

// withoutSide leaves the other side of an operator alone.
func (e *expression) withoutSide(mutator string, b *branch, side int) change {
	left, right := b.children[0], b.children[1]
	short := edit{left.from, right.from, ""}
	if side == 1 {
		short = edit{left.to, right.to, ""}
	}
	operator := e.tokens[left.last+1].Val
	return change{
		mutator: mutator, at: b, detail: sideNames[side], edit: short, becomes: "removed",
		says: "the " + sideNames[side] + " side of `" + operator + "` is removed",
		tree: func(node parser.Expr) parser.Expr { return children(node)[1-side] },
	}
}
