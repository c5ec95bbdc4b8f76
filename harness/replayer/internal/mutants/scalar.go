package mutants

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

type scalarStyle int

const (
	plain scalarStyle = iota
	singleQuoted
	doubleQuoted
	literal
	folded
	aliased
)

// scalar is a value and where each of its bytes stands in the file.
type scalar struct {
	style scalarStyle
	// from and to enclose the value as it is written, without anchor and tag.
	from, to int
	indent   int
	starts   []int
	ends     []int
}

// reading follows one scalar through the file's text and expects the value that yaml.v3 read there.
type reading struct {
	scalar
	text, value string
	at          int
}

// readScalar gives false where it does not come to the same value as yaml.v3 did. parent is the
// column of the mapping's keys, counted from zero.
func readScalar(l lines, node *yaml.Node, parent int) (scalar, bool) {
	at, found := l.byteOf(node.Line, node.Column)
	if !found {
		return scalar{}, false
	}
	if node.Kind == yaml.AliasNode {
		to := at + len("*") + len(node.Value)
		if to > len(l.text) || l.text[at:to] != "*"+node.Value {
			return scalar{}, false
		}
		return scalar{style: aliased, from: at, to: to}, true
	}
	if node.Kind != yaml.ScalarNode {
		return scalar{}, false
	}
	r := &reading{text: l.text, value: node.Value, at: at}
	r.skipProperties()
	r.from = r.at
	var ok bool
	switch r.peek() {
	case '|':
		r.style = literal
		ok = r.block(parent)
	case '>':
		r.style = folded
		ok = r.block(parent)
	case '\'':
		r.style = singleQuoted
		ok = r.quoted()
	case '"':
		r.style = doubleQuoted
		ok = r.quoted()
	default:
		ok = r.plain()
	}
	return r.scalar, ok && len(r.starts) == len(r.value)
}

// skipProperties passes an anchor and a tag.
func (r *reading) skipProperties() {
	for r.peek() == '&' || r.peek() == '!' {
		for r.at < len(r.text) && !r.blank() && breakAt(r.text, r.at) == 0 {
			r.at++
		}
		for r.at < len(r.text) {
			if width := breakAt(r.text, r.at); width > 0 {
				r.at += width
			} else if r.blank() {
				r.at++
			} else if r.text[r.at] == '#' {
				r.skipLine()
			} else {
				break
			}
		}
	}
}

func (r *reading) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reading) blank() bool { return r.peek() == ' ' || r.peek() == '\t' }

func (r *reading) skipLine() {
	for r.at < len(r.text) && breakAt(r.text, r.at) == 0 {
		r.at++
	}
}

// gives says that the bytes of the file up to `to` stand for part of the value.
func (r *reading) gives(part string, from, to int) bool {
	if !strings.HasPrefix(r.value[len(r.starts):], part) {
		return false
	}
	for range len(part) {
		r.starts = append(r.starts, from)
		r.ends = append(r.ends, to)
	}
	return true
}

// givesItself takes one byte as it stands.
func (r *reading) givesItself() bool {
	r.at++
	return r.gives(r.text[r.at-1:r.at], r.at-1, r.at)
}

func (r *reading) complete() bool { return len(r.starts) == len(r.value) }

func (r *reading) plain() bool {
	for !r.complete() {
		if r.at >= len(r.text) {
			return false
		}
		if r.blank() || breakAt(r.text, r.at) > 0 {
			if !r.space(false) {
				return false
			}
		} else if !r.givesItself() {
			return false
		}
	}
	r.to = r.at
	return true
}

// space takes blanks and line breaks of a flow scalar: one break is a space, more are line feeds,
// and the blanks around breaks are nothing. After an escaped break, there is no first one.
func (r *reading) space(afterEscapedBreak bool) bool {
	from, breaks := r.at, 0
	for r.at < len(r.text) {
		if width := breakAt(r.text, r.at); width > 0 {
			breaks++
			r.at += width
		} else if r.blank() {
			r.at++
		} else {
			break
		}
	}
	switch {
	case afterEscapedBreak:
		return r.gives(strings.Repeat("\n", breaks), from, r.at)
	case breaks == 1:
		return r.gives(" ", from, r.at)
	case breaks > 1:
		return r.gives(strings.Repeat("\n", breaks-1), from, r.at)
	}
	for i := from; i < r.at; i++ {
		if !r.gives(r.text[i:i+1], i, i+1) {
			return false
		}
	}
	return true
}

func (r *reading) quoted() bool {
	quote := r.peek()
	r.at++
	for r.at < len(r.text) {
		ok := true
		switch {
		case r.blank() || breakAt(r.text, r.at) > 0:
			ok = r.space(false)
		case quote == '\'' && strings.HasPrefix(r.text[r.at:], "''"):
			r.at += 2
			ok = r.gives("'", r.at-2, r.at)
		case r.peek() == quote:
			r.at++
			r.to = r.at
			return r.complete()
		case quote == '"' && r.peek() == '\\':
			ok = r.escape()
		default:
			ok = r.givesItself()
		}
		if !ok {
			return false
		}
	}
	return false
}

var simpleEscapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f",
	'r': "\r", 'e': "\x1b", ' ': " ", '"': "\"", '\'': "'", '/': "/", '\\': "\\",
	'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

var escapeDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

func (r *reading) escape() bool {
	from := r.at
	r.at++
	if r.at >= len(r.text) {
		return false
	}
	if width := breakAt(r.text, r.at); width > 0 {
		r.at += width
		return r.space(true)
	}
	kind := r.peek()
	r.at++
	if part, known := simpleEscapes[kind]; known {
		return r.gives(part, from, r.at)
	}
	digits, known := escapeDigits[kind]
	if !known || r.at+digits > len(r.text) {
		return false
	}
	code, err := strconv.ParseUint(r.text[r.at:r.at+digits], 16, 32)
	if err != nil || !utf8.ValidRune(rune(code)) {
		return false
	}
	r.at += digits
	return r.gives(string(rune(code)), from, r.at)
}

// lineBreak is one break in a block scalar and what YAML makes of it.
type lineBreak struct {
	from, to int
	text     string
}

func (r *reading) lineBreak() lineBreak {
	from := r.at
	r.at += breakAt(r.text, r.at)
	text := r.text[from:r.at]
	if text != "\u2028" && text != "\u2029" && text != "" {
		text = "\n"
	}
	return lineBreak{from, r.at, text}
}

// block follows the rules by which libyaml, and yaml.v3 after it, reads a block scalar.
func (r *reading) block(parent int) bool {
	chomping, ok := r.blockHeader(parent)
	if !ok {
		return false
	}
	r.to = r.at
	if r.at < len(r.text) {
		r.lineBreak()
	}
	trailing := r.blankLines(parent)
	var leading *lineBreak
	leadingBlank := false
	give := func(breaks ...lineBreak) bool {
		for _, b := range breaks {
			if !r.gives(b.text, b.from, b.to) {
				return false
			}
		}
		return true
	}
	for r.column() == r.indent && r.at < len(r.text) {
		blank := r.blank()
		if leading != nil {
			folds := r.style == folded && !leadingBlank && !blank && leading.text == "\n"
			if folds && len(trailing) == 0 {
				leading.text = " "
			} else if folds {
				leading.text = ""
			}
			if !give(*leading) {
				return false
			}
		}
		if !give(trailing...) {
			return false
		}
		leadingBlank = blank
		for r.at < len(r.text) && breakAt(r.text, r.at) == 0 {
			if !r.givesItself() {
				return false
			}
		}
		r.to = r.at
		last := r.lineBreak()
		leading = &last
		trailing = r.blankLines(parent)
	}
	if chomping != '-' && leading != nil && !give(*leading) {
		return false
	}
	if chomping == '+' {
		return give(trailing...)
	}
	return true
}

func (r *reading) blockHeader(parent int) (chomping byte, ok bool) {
	r.at++
	for {
		switch c := r.peek(); {
		case c == '+' || c == '-':
			chomping = c
		case '1' <= c && c <= '9':
			r.indent = max(parent, 0) + int(c-'0')
		default:
			for r.blank() {
				r.at++
			}
			if r.peek() == '#' {
				r.skipLine()
			}
			return chomping, r.at >= len(r.text) || breakAt(r.text, r.at) > 0
		}
		r.at++
	}
}

func (r *reading) column() int {
	return r.at - lineStart(r.text, r.at)
}

func lineStart(text string, at int) int {
	for start := at; start > 0; start-- {
		if c := text[start-1]; c == '\n' || c == '\r' {
			return start
		}
	}
	return 0
}

// blankLines passes indentation and empty lines; the first call finds the indentation out.
func (r *reading) blankLines(parent int) []lineBreak {
	var breaks []lineBreak
	widest := 0
	for {
		for r.peek() == ' ' && (r.indent == 0 || r.column() < r.indent) {
			r.at++
		}
		widest = max(widest, r.column())
		if r.at >= len(r.text) || breakAt(r.text, r.at) == 0 {
			break
		}
		breaks = append(breaks, r.lineBreak())
	}
	if r.indent == 0 {
		r.indent = max(widest, parent+1, 1)
	}
	return breaks
}

// within turns an edit of the value into one of the file.
func (s scalar) within(file string, e edit) (edit, bool) {
	if s.style == aliased || len(s.starts) == 0 {
		return edit{}, false
	}
	text, ok := s.encoded(e.text, file)
	if !ok {
		return edit{}, false
	}
	var from, to int
	switch {
	case e.from < e.to:
		from, to = s.starts[e.from], s.ends[e.to-1]
	case e.from > 0:
		from = s.ends[e.from-1]
		to = from
	default:
		from = s.starts[0]
		to = from
	}
	return edit{from, to, text}, true
}

// encoded gives false where the style cannot say it in place.
func (s scalar) encoded(text, file string) (string, bool) {
	for _, r := range text {
		if r != '\n' && !strconv.IsPrint(r) {
			return "", false
		}
	}
	switch s.style {
	case doubleQuoted:
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text), true
	case literal:
		return strings.ReplaceAll(text, "\n", newline(file)+strings.Repeat(" ", s.indent)), true
	case singleQuoted:
		text = strings.ReplaceAll(text, "'", "''")
	}
	return text, !strings.Contains(text, "\n")
}

func newline(file string) string {
	if strings.Contains(file, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// quotedInYAML is a value in the one form that can say everything, on one line.
func quotedInYAML(value string) (string, bool) {
	written, err := yaml.Marshal(&yaml.Node{
		Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Tag: "!!str", Value: value,
	})
	return strings.TrimSuffix(string(written), "\n"), err == nil
}

// changed gives the ways to make an edit of a field's value.
func (f *rulesFile) changed(in field, value string, edits ...edit) []edit {
	if in.value == nil {
		return nil
	}
	written, mapped := readScalar(f.lines, in.value, in.key.Column-1)
	var ways []edit
	if mapped {
		for _, e := range edits {
			if way, ok := written.within(f.text, e); ok {
				ways = append(ways, way)
			}
		}
		for _, e := range edits {
			if whole, ok := quotedInYAML(e.applied(value)); ok {
				ways = append(ways, edit{written.from, written.to, whole})
			}
		}
	}
	return ways
}
