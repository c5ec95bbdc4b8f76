package mutants

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Position is counted from one. The column counts UTF-16 units, as the viewer of mutation testing
// reports does, which is written in JavaScript.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

const byteOrderMark = "\ufeff"

// lines knows where lines begin: as editors count them, and as YAML does, which breaks lines at
// more characters.
type lines struct {
	text         string
	starts, yaml []int
}

func linesOf(text string) lines {
	l := lines{text: text, starts: []int{0}, yaml: []int{0}}
	if strings.HasPrefix(text, byteOrderMark) {
		l.yaml[0] = len(byteOrderMark)
	}
	for at := 0; at < len(text); {
		width := breakAt(text, at)
		if width == 0 {
			at++
			continue
		}
		at += width
		l.yaml = append(l.yaml, at)
		if text[at-1] == '\n' {
			l.starts = append(l.starts, at)
		}
	}
	return l
}

// breakAt gives the length of the line break at a byte, or 0.
func breakAt(text string, at int) int {
	rest := text[at:]
	switch {
	case strings.HasPrefix(rest, "\r\n"):
		return 2
	case strings.HasPrefix(rest, "\n"), strings.HasPrefix(rest, "\r"):
		return 1
	case strings.HasPrefix(rest, "\u0085"):
		return len("\u0085")
	case strings.HasPrefix(rest, "\u2028"), strings.HasPrefix(rest, "\u2029"):
		return len("\u2028")
	}
	return 0
}

func (l lines) position(at int) Position {
	line := sort.SearchInts(l.starts, at+1)
	column := 1
	for _, r := range l.text[l.starts[line-1]:at] {
		column++
		if r > 0xffff {
			column++
		}
	}
	return Position{Line: line, Column: column}
}

// byteOf is where a node of yaml.v3 begins, which counts characters.
func (l lines) byteOf(line, column int) (int, bool) {
	if line < 1 || line > len(l.yaml) || column < 1 {
		return 0, false
	}
	at := l.yaml[line-1]
	for range column - 1 {
		if at >= len(l.text) {
			return 0, false
		}
		_, width := utf8.DecodeRuneInString(l.text[at:])
		at += width
	}
	return at, true
}
