package mutants

import (
	"math"
	"strconv"

	"github.com/prometheus/prometheus/promql/parser"
)

var thresholdFactors = []float64{0.5, 0.8, 1.25, 2}

func (e *expression) thresholds(b *branch) []change {
	n, ok := b.node.(*parser.NumberLiteral)
	if !ok || math.IsInf(n.Val, 0) || math.IsNaN(n.Val) {
		return nil
	}
	around, side := b.outer()
	for around != nil {
		if _, signed := around.node.(*parser.UnaryExpr); !signed {
			break
		}
		around, side = around.outer()
	}
	if around == nil {
		return nil
	}
	binary, ok := around.node.(*parser.BinaryExpr)
	if !ok {
		return nil
	}
	var all []change
	for _, number := range otherNumbers(n.Val, reachesZeroFromAbove(binary, side)) {
		all = append(all, e.numberChange("threshold", b, number))
	}
	return all
}

// reachesZeroFromAbove is where a zero lets nothing negative pass, so that -1 is looser.
func reachesZeroFromAbove(n *parser.BinaryExpr, side int) bool {
	if side == 1 {
		return n.Op == parser.GTR || n.Op == parser.GTE
	}
	return n.Op == parser.LSS || n.Op == parser.LTE
}

func otherNumbers(number float64, looser bool) []float64 {
	if number == 0 {
		if looser {
			return []float64{1, -1}
		}
		return []float64{1}
	}
	var all []float64
	for _, factor := range thresholdFactors {
		all = append(all, number*factor)
	}
	return all
}

func (e *expression) numberChange(mutator string, b *branch, number float64) change {
	text := numberText(number)
	exact, _ := strconv.ParseFloat(text, 64)
	return change{
		mutator: mutator, at: b, edit: edit{b.from, b.to, text},
		becomes: text, says: becomes(e.text[b.from:b.to], text),
		tree: func(node parser.Expr) parser.Expr {
			node.(*parser.NumberLiteral).Val = exact
			return node
		},
	}
}

// numberText rounds what a factor leaves of binary fractions: 0.1 × 0.8 is 0.08.
func numberText(number float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(number, 'g', 12, 64), 64)
	if err != nil {
		rounded = number
	}
	if size := math.Abs(rounded); size != 0 && (size < 1e-6 || size >= 1e15) {
		return strconv.FormatFloat(rounded, 'g', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
