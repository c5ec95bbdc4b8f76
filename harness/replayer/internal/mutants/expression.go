package mutants

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// expression is a parsed expression with its tokens. Prometheus's parser says of some nodes that
// they end later than they do (it has read on by then), so ends are found by the tokens.
type expression struct {
	text   string
	tokens []parser.Item
	root   *branch
	all    []*branch
}

// branch is a node of the expression's tree and its extent.
type branch struct {
	node     parser.Expr
	parent   *branch
	children []*branch
	// path leads to the node; place is the same for people, in which parentheses do not count.
	path  []int
	place string
	// first and last are indexes of tokens.
	first, last int
	from, to    int
}

func read(text string) (*expression, error) {
	root, err := parser.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	e := &expression{text: text}
	lexer := parser.Lex(text)
	for {
		var token parser.Item
		lexer.NextItem(&token)
		if token.Typ == parser.EOF || token.Typ == parser.ERROR {
			break
		}
		if token.Typ != parser.COMMENT {
			e.tokens = append(e.tokens, token)
		}
	}
	e.root = e.grow(root, nil, nil, "0")
	return e, nil
}

func (e *expression) grow(node parser.Expr, parent *branch, path []int, place string) *branch {
	b := &branch{node: node, parent: parent, path: path, place: place}
	e.all = append(e.all, b)
	_, transparent := node.(*parser.ParenExpr)
	for i, child := range children(node) {
		childPath := append(append([]int{}, path...), i)
		childPlace := place
		if !transparent {
			childPlace = place + "." + strconv.Itoa(i)
		}
		b.children = append(b.children, e.grow(child, b, childPath, childPlace))
	}
	b.first = e.firstToken(b)
	b.last = e.lastToken(b)
	b.from, b.to = e.start(b.first), e.end(b.last)
	return b
}

func (e *expression) start(token int) int { return int(e.tokens[token].Pos) }
func (e *expression) end(token int) int   { return e.start(token) + len(e.tokens[token].Val) }

func (e *expression) is(token int, kinds ...parser.ItemType) bool {
	if token < 0 || token >= len(e.tokens) {
		return false
	}
	for _, kind := range kinds {
		if e.tokens[token].Typ == kind {
			return true
		}
	}
	return false
}

func (e *expression) tokenAt(at int) int {
	for i := range e.tokens {
		if e.end(i) > at {
			return i
		}
	}
	return len(e.tokens) - 1
}

func (e *expression) firstToken(b *branch) int {
	switch b.node.(type) {
	case *parser.BinaryExpr, *parser.SubqueryExpr, *parser.MatrixSelector:
		return b.children[0].first
	}
	return e.tokenAt(int(b.node.PositionRange().Start))
}

func (e *expression) lastToken(b *branch) int {
	switch n := b.node.(type) {
	case *parser.BinaryExpr:
		return b.children[1].last
	case *parser.UnaryExpr:
		return b.children[0].last
	case *parser.Call:
		return e.closing(b.first + 1)
	case *parser.AggregateExpr:
		last := b.first
		for e.is(last+1, parser.BY, parser.WITHOUT, parser.LEFT_PAREN) {
			if !e.is(last+1, parser.LEFT_PAREN) {
				last++
			}
			last = e.closing(last + 1)
		}
		return last
	case *parser.VectorSelector:
		last := b.first
		if !e.is(last, parser.LEFT_BRACE) && e.is(last+1, parser.LEFT_BRACE) {
			last++
		}
		if e.is(last, parser.LEFT_BRACE) {
			last = e.closing(last)
		}
		if _, inRange := b.parent.is().(*parser.MatrixSelector); inRange {
			return last
		}
		return e.pastModifiers(last)
	case *parser.MatrixSelector, *parser.SubqueryExpr:
		return e.pastModifiers(e.closing(b.children[0].last + 1))
	default:
		return e.tokenAt(int(n.PositionRange().End) - 1)
	}
}

func (b *branch) is() parser.Expr {
	if b == nil {
		return nil
	}
	return b.node
}

// closing is the bracket that closes the one at a token.
func (e *expression) closing(open int) int {
	depth := 0
	for i := open; i < len(e.tokens); i++ {
		switch e.tokens[i].Typ {
		case parser.LEFT_PAREN, parser.LEFT_BRACE, parser.LEFT_BRACKET:
			depth++
		case parser.RIGHT_PAREN, parser.RIGHT_BRACE, parser.RIGHT_BRACKET:
			depth--
		}
		if depth <= 0 {
			return i
		}
	}
	return len(e.tokens) - 1
}

// pastModifiers is the last token of the `offset` and `@` after a selector or subquery.
func (e *expression) pastModifiers(last int) int {
	for {
		switch {
		case e.is(last+1, parser.OFFSET):
			last += 2
			if e.is(last, parser.SUB) {
				last++
			}
		case e.is(last+1, parser.AT) && e.is(last+2, parser.START, parser.END):
			last += 4
		case e.is(last+1, parser.AT):
			last += 2
			if e.is(last, parser.ADD, parser.SUB) {
				last++
			}
		default:
			return last
		}
	}
}

func children(node parser.Expr) []parser.Expr {
	switch n := node.(type) {
	case *parser.AggregateExpr:
		if n.Param != nil {
			return []parser.Expr{n.Expr, n.Param}
		}
		return []parser.Expr{n.Expr}
	case *parser.BinaryExpr:
		return []parser.Expr{n.LHS, n.RHS}
	case *parser.Call:
		return n.Args
	case *parser.MatrixSelector:
		return []parser.Expr{n.VectorSelector}
	case *parser.ParenExpr:
		return []parser.Expr{n.Expr}
	case *parser.SubqueryExpr:
		return []parser.Expr{n.Expr}
	case *parser.UnaryExpr:
		return []parser.Expr{n.Expr}
	}
	return nil
}

func setChild(node parser.Expr, i int, child parser.Expr) {
	switch n := node.(type) {
	case *parser.AggregateExpr:
		if i == 0 {
			n.Expr = child
		} else {
			n.Param = child
		}
	case *parser.BinaryExpr:
		if i == 0 {
			n.LHS = child
		} else {
			n.RHS = child
		}
	case *parser.Call:
		n.Args[i] = child
	case *parser.MatrixSelector:
		n.VectorSelector = child
	case *parser.ParenExpr:
		n.Expr = child
	case *parser.SubqueryExpr:
		n.Expr = child
	case *parser.UnaryExpr:
		n.Expr = child
	}
}

// outer is the nearest node around a branch that is no parenthesis, and which child of it this is.
func (b *branch) outer() (*branch, int) {
	for b.parent != nil {
		at := b.path[len(b.path)-1]
		b = b.parent
		if _, parens := b.node.(*parser.ParenExpr); !parens {
			return b, at
		}
	}
	return nil, 0
}

// change is a mutant of an expression, said twice: as a change of its tree and as an edit of its
// text. Only if the edited text parses to the changed tree was it the grammar's change.
type change struct {
	mutator string
	at      *branch
	// detail tells changes of one node apart: a label's name.
	detail string
	edit   edit
	// becomes stands in the id.
	becomes, says string
	tree          func(parser.Expr) parser.Expr
}

// changedTree applies a change to a tree of its own.
func (e *expression) changedTree(c change) parser.Expr {
	root, err := parser.ParseExpr(e.text)
	if err != nil {
		return nil
	}
	if len(c.at.path) == 0 {
		return c.tree(root)
	}
	node := root
	last := len(c.at.path) - 1
	for _, i := range c.at.path[:last] {
		node = children(node)[i]
	}
	setChild(node, c.at.path[last], c.tree(children(node)[c.at.path[last]]))
	return root
}

// edits are the ways to write a change: as it is, then with parentheses where the new operator
// would bind otherwise.
func (e *expression) edits(c change) []edit {
	all := []edit{c.edit}
	inside := func(from, to int) string {
		return edit{c.edit.from - from, c.edit.to - from, c.edit.text}.applied(e.text[from:to])
	}
	if c.edit.from < c.at.from || c.edit.to > c.at.to {
		return all
	}
	if _, binary := c.at.node.(*parser.BinaryExpr); binary {
		left, right := c.at.children[0], c.at.children[1]
		if left.to <= c.edit.from && c.edit.to <= right.from {
			before := "(" + e.text[left.from:left.to] + ")" + inside(left.to, c.edit.to)
			after := inside(c.edit.from, right.from) + "(" + e.text[right.from:right.to] + ")"
			all = append(all,
				edit{c.edit.from, right.to, after},
				edit{left.from, c.edit.to, before},
				edit{left.from, right.to, before + strings.TrimPrefix(after, c.edit.text)})
		}
	}
	changed := func(one edit) string {
		return edit{one.from - c.at.from, one.to - c.at.from, one.text}.applied(
			e.text[c.at.from:c.at.to])
	}
	for _, one := range slices.Clone(all) {
		all = append(all, edit{c.at.from, c.at.to, "(" + changed(one) + ")"})
	}
	if e.is(c.at.first-1, parser.GROUP_LEFT, parser.GROUP_RIGHT) {
		// A parenthesis here would be taken for the labels of it.
		for _, one := range slices.Clone(all) {
			all = append(all, edit{c.at.from, c.at.to, "() " + changed(one)})
		}
	}
	return all
}

// faithful are the edits after which the text parses to the wanted tree. Where none does, the
// shortest is left for Prometheus to refuse.
func (e *expression) faithful(c change, wanted parser.Expr) []edit {
	all := e.edits(c)
	want := canonical(wanted)
	var good []edit
	for _, one := range all {
		got, err := parser.ParseExpr(one.applied(e.text))
		if err == nil && canonical(got) == want {
			good = append(good, one)
			break
		}
	}
	if len(good) > 0 {
		return good
	}
	return all[:1]
}

// ofExpression gives the mutants of a rule's expression.
func ofExpression(file *rulesFile, r *rule, metrics []string) []candidate {
	written := fieldOf(r.yaml, "expr")
	e, err := read(r.node.Expr.Value)
	if err != nil {
		return nil
	}
	var all []candidate
	for _, c := range e.changes(metrics) {
		wanted := e.changedTree(c)
		place := c.at.place
		if c.detail != "" {
			place += "/" + c.detail
		}
		all = append(all, candidate{
			id:      fmt.Sprintf("%s/expr/%s/%s/%s", r.identity, c.mutator, place, c.becomes),
			mutator: c.mutator,
			part:    "expr",
			says:    c.says,
			wanted:  r.original.with(func(f *form) { f.expression = wanted }),
			ways:    file.changed(written, e.text, e.faithful(c, wanted)...),
		})
	}
	return all
}

// changes asks each family of mutators about each node.
func (e *expression) changes(metrics []string) []change {
	families := []func(*branch) []change{
		e.comparisons, e.thresholds, e.ranges, e.offsets, e.functions, e.aggregations,
		e.aggregationLabels, e.matchers, e.matchings, e.setOperators, e.arithmetic,
		func(b *branch) []change { return e.metricNames(b, metrics) },
	}
	var all []change
	for _, b := range e.all {
		for _, family := range families {
			all = append(all, family(b)...)
		}
	}
	return all
}

// replaced is a change of one token.
func (e *expression) replaced(token int, text string) edit {
	return edit{e.start(token), e.end(token), text}
}

// removed is the end of the token before up to the end of the last one: with the space between.
func (e *expression) removed(first, last int) edit {
	return edit{e.end(first - 1), e.end(last), ""}
}

func becomes(from, to string) string { return fmt.Sprintf("`%s` becomes `%s`", from, to) }
