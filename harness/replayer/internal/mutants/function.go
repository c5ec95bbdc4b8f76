package mutants

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// otherFunctions are the neighbours that people take a function for.
var otherFunctions = map[string][]string{
	"rate":            {"increase", "irate"},
	"increase":        {"rate", "delta"},
	"irate":           {"rate", "increase"},
	"delta":           {"increase", "rate"},
	"min_over_time":   {"max_over_time", "avg_over_time"},
	"max_over_time":   {"min_over_time", "avg_over_time"},
	"avg_over_time":   {"max_over_time", "min_over_time"},
	"last_over_time":  {"max_over_time", "min_over_time"},
	"sum_over_time":   {"avg_over_time", "count_over_time"},
	"count_over_time": {"sum_over_time", "last_over_time"},
	"changes":         {"resets"},
	"resets":          {"changes"},
}

// onlyBridging are functions over a range whose value is of the metric's own kind: without them the
// metric as it is now is left, with the gaps that the range bridged.
var onlyBridging = []string{"last_over_time", "max_over_time", "min_over_time", "avg_over_time"}

func (e *expression) functions(b *branch) []change {
	n, ok := b.node.(*parser.Call)
	if !ok {
		return nil
	}
	name := e.tokens[b.first].Val
	var all []change
	for _, other := range otherFunctions[n.Func.Name] {
		all = append(all, change{
			mutator: "function", at: b, edit: e.replaced(b.first, other),
			becomes: other, says: becomes(name, other),
			tree: func(node parser.Expr) parser.Expr {
				node.(*parser.Call).Func = parser.Functions[other]
				return node
			},
		})
	}
	for i, arg := range b.children {
		if i < len(n.Func.ArgTypes) && n.Func.ArgTypes[i] == n.Func.ReturnType {
			all = append(all, e.unwrappedCall(b, i, arg))
			break
		}
	}
	if slices.Contains(onlyBridging, n.Func.Name) {
		all = append(all, e.unranged(b)...)
	}
	if n.Func.Name == "histogram_quantile" || n.Func.Name == "quantile_over_time" {
		all = append(all, e.otherQuantiles(b.children[0])...)
	}
	return all
}

// unwrappedCall leaves one argument of the call. Where it is the only one, its parentheses stay.
func (e *expression) unwrappedCall(b *branch, i int, arg *branch) change {
	short := edit{b.from, b.to, e.text[arg.from:arg.to]}
	if len(b.children) == 1 {
		short = edit{b.from, e.start(b.first + 1), ""}
	}
	return change{
		mutator: "function", at: b, edit: short, becomes: "removed",
		says: fmt.Sprintf("`%s` is removed", e.tokens[b.first].Val),
		tree: func(node parser.Expr) parser.Expr { return node.(*parser.Call).Args[i] },
	}
}

func (e *expression) unranged(b *branch) []change {
	if len(b.children) != 1 {
		return nil
	}
	matrix := b.children[0]
	if _, ok := matrix.node.(*parser.MatrixSelector); !ok {
		return nil
	}
	vector := matrix.children[0]
	text := e.text[vector.from:vector.to] + e.text[e.end(e.modifiersOf(matrix)-1):matrix.to]
	return []change{{
		mutator: "function", at: b, edit: edit{b.from, b.to, text}, becomes: "removed",
		says: fmt.Sprintf("`%s` is removed with its range", e.tokens[b.first].Val),
		tree: func(node parser.Expr) parser.Expr {
			return node.(*parser.Call).Args[0].(*parser.MatrixSelector).VectorSelector
		},
	}}
}

var usualQuantiles = []float64{0.5, 0.9, 0.95, 0.99, 0.999}

// otherQuantiles are the next usual ones below and above.
func (e *expression) otherQuantiles(b *branch) []change {
	n, ok := b.node.(*parser.NumberLiteral)
	if !ok {
		return nil
	}
	var all []change
	for i := len(usualQuantiles) - 1; i >= 0; i-- {
		if usualQuantiles[i] < n.Val {
			all = append(all, e.numberChange("function", b, usualQuantiles[i]))
			break
		}
	}
	for _, quantile := range usualQuantiles {
		if quantile > n.Val {
			all = append(all, e.numberChange("function", b, quantile))
			break
		}
	}
	return all
}
