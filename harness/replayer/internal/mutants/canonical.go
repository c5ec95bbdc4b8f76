package mutants

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// meaning is the same for rules of which it is certain that nobody can tell them apart.
func (f form) meaning() string {
	expression := canonizer{value: f.tellsValue()}.expr(f.expression)
	return fmt.Sprintf("%q %q %s for %s keep %s labels%s annotations%s", f.record, f.alert,
		expression, f.wait, f.keep, sorted(f.labels), sorted(f.annotations))
}

func sorted(of map[string]string) string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(of)) {
		fmt.Fprintf(&all, " %s=%q", name, of[name])
	}
	return all.String()
}

// bareDot is a template's dot or dollar on its own, which holds the value too.
var bareDot = regexp.MustCompile(`[{(|\s][.$][\s})|]`)

// tellsValue is true unless it is certain that nobody is told the expression's value.
func (f form) tellsValue() bool {
	if f.alert == "" {
		return true
	}
	for _, texts := range []map[string]string{f.labels, f.annotations} {
		for _, text := range texts {
			if strings.Contains(text, "alue") || bareDot.MatchString(text) {
				return true
			}
		}
	}
	return false
}

// canonical writes an expression in one form, whatever its spelling: parentheses, spaces, the order
// of labels and the sides of what can be turned round do not count.
func canonical(e parser.Expr) string {
	return canonizer{value: true}.expr(e)
}

type canonizer struct {
	// value is whether the value matters, or only which series there are.
	value bool
}

func (c canonizer) expr(e parser.Expr) string {
	if number, ok := constant(e); ok {
		return strconv.FormatFloat(number, 'g', -1, 64)
	}
	inner := canonizer{value: true}
	switch n := e.(type) {
	case *parser.ParenExpr:
		return c.expr(n.Expr)
	case *parser.StringLiteral:
		return strconv.Quote(n.Val)
	case *parser.UnaryExpr:
		if n.Op == parser.ADD {
			return c.expr(n.Expr)
		}
		return "(-" + inner.expr(n.Expr) + ")"
	case *parser.VectorSelector:
		return selector(n) + modifiers(n.OriginalOffset.String(), n.Timestamp, n.StartOrEnd)
	case *parser.MatrixSelector:
		vector, ok := n.VectorSelector.(*parser.VectorSelector)
		if !ok {
			return inner.expr(n.VectorSelector) + "[" + n.Range.String() + "]"
		}
		return selector(vector) + "[" + n.Range.String() + "]" +
			modifiers(vector.OriginalOffset.String(), vector.Timestamp, vector.StartOrEnd)
	case *parser.SubqueryExpr:
		return inner.expr(n.Expr) + "[" + n.Range.String() + ":" + n.Step.String() + "]" +
			modifiers(n.OriginalOffset.String(), n.Timestamp, n.StartOrEnd)
	case *parser.Call:
		var args []string
		for _, arg := range n.Args {
			args = append(args, inner.expr(arg))
		}
		return n.Func.Name + "(" + strings.Join(args, ", ") + ")"
	case *parser.AggregateExpr:
		return inner.aggregate(n)
	case *parser.BinaryExpr:
		return c.binary(n)
	}
	return fmt.Sprintf("%T(%s)", e, e)
}

func selector(n *parser.VectorSelector) string {
	var matchers []string
	for _, m := range n.LabelMatchers {
		matchers = append(matchers, matcherText(m))
	}
	slices.Sort(matchers)
	return "{" + strings.Join(slices.Compact(matchers), ",") + "}"
}

func matcherText(m *labels.Matcher) string {
	kind := m.Type
	if regexp.QuoteMeta(m.Value) == m.Value {
		switch kind {
		case labels.MatchRegexp:
			kind = labels.MatchEqual
		case labels.MatchNotRegexp:
			kind = labels.MatchNotEqual
		}
	}
	return fmt.Sprintf("%q%s%q", m.Name, kind, m.Value)
}

func modifiers(offset string, timestamp *int64, startOrEnd parser.ItemType) string {
	text := " offset " + offset
	if timestamp != nil {
		text += fmt.Sprintf(" @ %d", *timestamp)
	} else if startOrEnd == parser.START || startOrEnd == parser.END {
		text += " @ " + startOrEnd.String()
	}
	return text
}

func (c canonizer) aggregate(n *parser.AggregateExpr) string {
	text := n.Op.String()
	if n.Without || len(n.Grouping) > 0 {
		kind := " by "
		if n.Without {
			kind = " without "
		}
		text += kind + "(" + labelSet(n.Grouping) + ")"
	}
	text += "("
	if n.Param != nil {
		text += c.expr(n.Param) + ", "
	}
	return text + c.expr(n.Expr) + ")"
}

func labelSet(names []string) string {
	set := slices.Clone(names)
	slices.Sort(set)
	return strings.Join(slices.Compact(set), ",")
}

var mirrored = map[parser.ItemType]parser.ItemType{
	parser.GTR: parser.LSS, parser.LSS: parser.GTR, parser.GTE: parser.LTE, parser.LTE: parser.GTE,
	parser.EQLC: parser.EQLC, parser.NEQ: parser.NEQ, parser.ADD: parser.ADD, parser.MUL: parser.MUL,
}

func (c canonizer) binary(n *parser.BinaryExpr) string {
	left, right, op := n.LHS, n.RHS, n.Op
	// A comparison with a scalar keeps the vector's value on either side.
	if turned, turns := mirrored[op]; turns && scalarType(left) && !scalarType(right) {
		left, right, op = right, left, turned
	}
	text := " " + op.String()
	if n.ReturnBool {
		text += " bool"
	}
	if m := n.VectorMatching; m != nil {
		if m.On {
			text += " on (" + labelSet(m.MatchingLabels) + ")"
		} else if len(m.MatchingLabels) > 0 {
			text += " ignoring (" + labelSet(m.MatchingLabels) + ")"
		}
		if m.Card == parser.CardManyToOne || m.Card == parser.CardOneToMany {
			text += " " + m.Card.String() + " (" + labelSet(m.Include) + ")"
		}
	}
	sides := [2]canonizer{{value: true}, {value: true}}
	switch op {
	case parser.LAND, parser.LUNLESS:
		sides = [2]canonizer{c, {value: false}}
	case parser.LOR:
		sides = [2]canonizer{c, c}
	}
	leftText := sides[0].expr(left)
	if op.IsComparisonOperator() && !n.ReturnBool && !c.value && isZero(right) {
		leftText = increaseAsRate(left)
	}
	return "(" + leftText + text + " " + sides[1].expr(right) + ")"
}

func scalarType(e parser.Expr) bool { return e.Type() == parser.ValueTypeScalar }

func isZero(e parser.Expr) bool {
	number, ok := constant(e)
	return ok && number == 0
}

// increaseAsRate serves a comparison with zero of which nobody sees the value: a rate is the
// increase by the second, so they are on the same side of it.
func increaseAsRate(e parser.Expr) string {
	text := canonical(e)
	if call, ok := unwrapped(e).(*parser.Call); ok && call.Func.Name == "increase" {
		return "rate" + strings.TrimPrefix(text, "increase")
	}
	return text
}

func unwrapped(e parser.Expr) parser.Expr {
	for {
		parens, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = parens.Expr
	}
}

// constant works out what is a number already, with the arithmetic of Prometheus's engine.
func constant(e parser.Expr) (float64, bool) {
	switch n := e.(type) {
	case *parser.NumberLiteral:
		return n.Val, true
	case *parser.ParenExpr:
		return constant(n.Expr)
	case *parser.UnaryExpr:
		number, ok := constant(n.Expr)
		if n.Op == parser.SUB {
			number = -number
		}
		return number, ok
	case *parser.BinaryExpr:
		left, ok := constant(n.LHS)
		if !ok {
			return 0, false
		}
		right, ok := constant(n.RHS)
		if !ok {
			return 0, false
		}
		switch n.Op {
		case parser.ADD:
			return left + right, true
		case parser.SUB:
			return left - right, true
		case parser.MUL:
			return left * right, true
		case parser.DIV:
			return left / right, true
		case parser.MOD:
			return math.Mod(left, right), true
		case parser.POW:
			return math.Pow(left, right), true
		}
	}
	return 0, false
}
