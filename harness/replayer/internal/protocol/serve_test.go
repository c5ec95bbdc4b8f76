package protocol

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"alertdrill/replayer/internal/testdb"
)

const t0 = int64(1_700_000_000_000)

// conversation speaks over pipes, as the other program does.
type conversation struct {
	t       *testing.T
	asks    *io.PipeWriter
	answers *bufio.Reader
	ended   chan error
}

func converse(t *testing.T) *conversation {
	t.Helper()
	asksOut, asksIn := io.Pipe()
	answersOut, answersIn := io.Pipe()
	c := &conversation{t, asksIn, bufio.NewReader(answersOut), make(chan error, 1)}
	go func() {
		err := Serve(asksOut, answersIn, "2.53.3")
		answersIn.Close()
		c.ended <- err
	}()
	t.Cleanup(func() { asksIn.Close(); answersOut.Close() })
	return c
}

func (c *conversation) say(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.asks, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

func (c *conversation) hear() string {
	c.t.Helper()
	line, err := c.answers.ReadString('\n')
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func folder(t *testing.T) string {
	zeros := testdb.Every(t0-1000, 5000, 1, 0, 0, 1)
	return testdb.Write(t,
		testdb.Of(zeros, "__name__", "m", "host", "h"),
		testdb.Of(testdb.Every(t0+5000, 5000, 1, 1),
			"__name__", "ALERTS", "alertname", "A", "alertstate", "firing", "host", "h"),
		testdb.Of(testdb.Every(t0+5000, 5000, 1_700_000_005, 1_700_000_005),
			"__name__", "ALERTS_FOR_STATE", "alertname", "A", "host", "h"))
}

// changing are the parts of answers that are not the same from run to run.
var changing = regexp.MustCompile(`"(opened_in_ms|took_ms)":\d+`)

// TestAConversation is the protocol as the other side sees it, word for word.
func TestAConversation(t *testing.T) {
	golden, err := os.ReadFile("testdata/conversation.txt")
	if err != nil {
		t.Fatal(err)
	}
	recorded := folder(t)
	c := converse(t)
	got := []string{"< " + c.hear()}
	for _, line := range strings.Split(string(golden), "\n") {
		ask, isAsk := strings.CutPrefix(line, "> ")
		if !isAsk {
			continue
		}
		c.say(strings.ReplaceAll(ask, "FOLDER", recorded))
		heard := changing.ReplaceAllString(c.hear(), `"$1":0`)
		got = append(got, line, "< "+strings.ReplaceAll(heard, recorded, "FOLDER"))
	}
	c.asks.Close()
	if err := <-c.ended; err != nil {
		t.Error(err)
	}
	text := strings.Join(got, "\n") + "\n"
	if text != string(golden) {
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile("testdata/conversation.txt", []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("the conversation is not that of testdata/conversation.txt "+
			"(UPDATE_GOLDEN=1 writes it anew):\n%s", text)
	}
}

func TestWhatIsNotUnderstoodIsAnswered(t *testing.T) {
	for _, c := range []struct{ name, line, words string }{
		{"no JSON", "hello", `{"id":0,"error":{"kind":"bad_ask","message":"the line is no ask`},
		{"no object", "[1]", `{"id":0,"error":{"kind":"bad_ask"`},
		{"no id", `{"ask":"open"}`, `{"id":0,"error":{"kind":"bad_ask","message":"the ask has no id`},
		{"no ask", `{"id":3}`, `{"id":3,"error":{"kind":"bad_ask"`},
		{"an unknown ask", `{"id":4,"ask":"dance"}`, `"message":"there is no ask \"dance\""`},
		{"an unknown field", `{"id":5,"ask":"range","querry":"up"}`,
			`{"id":5,"error":{"kind":"bad_ask","message":"the ask \"range\" is not understood: json: ` +
				`unknown field \"querry\""`},
		{"an unknown field within", `{"id":5,"ask":"evaluate","files":[{"path":"a","txt":"b"}]}`,
			`unknown field \"txt\"`},
		{"a field of another kind", `{"id":6,"ask":"range","step_ms":"1m"}`, `{"id":6,"error":`},
		{"nothing open", `{"id":7,"ask":"range","query":"up","step_ms":1}`, "no recording is open"},
		{"an unknown visibility", `{"id":8,"ask":"evaluate","visibility":"sometimes"}`,
			`there is no visibility \"sometimes\"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			talk := converse(t)
			talk.hear()
			talk.say(c.line)
			if heard := talk.hear(); !strings.Contains(heard, c.words) {
				t.Errorf("%s does not say %s", heard, c.words)
			}
		})
	}
}

func TestAPanicIsTheAnswerOfItsAskAlone(t *testing.T) {
	stderr := os.Stderr
	os.Stderr, _ = os.Open(os.DevNull)
	defer func() { os.Stderr = stderr }()
	var broken *session // has no mutex to lock
	given := broken.answer(ask{id: 3, name: "timing", line: []byte(`{}`)})
	if given.ID != 3 || given.Error == nil || given.Error.Kind != "defect" {
		t.Errorf("%+v", given)
	}
}

func TestPendingAsksAreAnsweredAfterTheEndOfStdin(t *testing.T) {
	recorded := folder(t)
	var asks strings.Builder
	fmt.Fprintf(&asks, `{"id":1,"ask":"open","tsdb":%q,"lookback_ms":300000,`+
		`"evaluation_interval_ms":5000}`+"\n", recorded)
	const many = 40
	for id := range many {
		fmt.Fprintf(&asks, `{"id":%d,"ask":"evaluate","files":[{"path":"r","text":"groups:\n- name: g\n`+
			`  rules:\n  - {alert: A, expr: 'm < %d'}"}],"from_ms":%d,"until_ms":%d,"keep":true}`,
			id+2, id+1, t0, t0+60_000)
		if id < many-1 { // the last line may lack its end
			asks.WriteByte('\n')
		}
	}
	var answers bytes.Buffer
	if err := Serve(strings.NewReader(asks.String()), &answers, "2.53.3"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(answers.String()), "\n")
	if len(lines) != many+2 {
		t.Fatalf("%d lines", len(lines))
	}
	var ids []int
	for _, line := range lines[1:] {
		var heard struct {
			ID int
			OK json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &heard); err != nil {
			t.Fatal(err)
		}
		if heard.OK == nil {
			t.Errorf("%s", line)
		}
		ids = append(ids, heard.ID)
	}
	slices.Sort(ids)
	for i, id := range ids {
		if id != i+1 {
			t.Fatalf("the ids are %v", ids)
		}
	}
}

func TestOpeningAgainReplacesWhatWasOpen(t *testing.T) {
	c := converse(t)
	c.hear()
	open := func(folder string) string {
		c.say(fmt.Sprintf(`{"id":1,"ask":"open","tsdb":%q,"lookback_ms":1,"evaluation_interval_ms":1}`,
			folder))
		return c.hear()
	}
	for _, name := range []string{"first", "second"} {
		heard := open(testdb.Write(t, testdb.Of(testdb.Every(t0, 1, 1), "__name__", name)))
		if !strings.Contains(heard, `"metrics":["`+name+`"]`) {
			t.Errorf("%s", heard)
		}
	}
	if heard := open(filepath.Join(t.TempDir(), "absent")); !strings.Contains(heard, "bad_recording") {
		t.Errorf("%s", heard)
	}
	c.say(fmt.Sprintf(`{"id":2,"ask":"range","query":"second","start_ms":%d,"end_ms":%d,"step_ms":1}`,
		t0, t0))
	if heard := c.hear(); !strings.Contains(heard, `"values":[[1700000000,"1"]]`) {
		t.Errorf("what was open is open still, after one that failed: %s", heard)
	}
}
