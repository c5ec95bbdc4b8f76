package mutants

import (
	"reflect"
	"strings"
	"testing"
)

func TestAnExcerptGivesTheAnswerOfTheWholeFile(t *testing.T) {
	text := readK2(t)
	file, wrong := load(File{"rules.yml", text})
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	file.shared = true
	identify([]*rulesFile{file})
	whole := Answer{Mutants: []Mutant{}, Refused: []Refused{}}
	used := map[string]int{}
	for _, r := range file.rules {
		for _, c := range uniquelyNamed(candidates(file, r, nil), used) {
			whole.add(file, r, c)
		}
	}
	if !reflect.DeepEqual(whole, of(t, text)) {
		t.Error("the answers differ")
	}
}

func TestAnExcerptIsShortAndHasTheRule(t *testing.T) {
	file, _ := load(File{"rules.yml", readK2(t)})
	for _, r := range file.rules {
		x := file.excerptFor(r)
		rule := x.groups.Groups[x.groupIndex].Rules[x.index]
		if !sameText(r.node, &rule) {
			t.Errorf("%s is not in its excerpt", r.name())
		}
		if 3*len(x.text) > 2*len(file.text) {
			t.Errorf("%s has an excerpt of %d bytes", r.name(), len(x.text))
		}
	}
}

func TestAFileWithAnchorsIsTriedAsAWhole(t *testing.T) {
	text := strings.Replace(readK2(t), "for: 1m", "for: &minute 1m", 1)
	file, _ := load(File{"rules.yml", text})
	if x := file.excerptFor(file.rules[0]); x.text != text {
		t.Error("an excerpt would not show what else an anchor changes")
	}
}
