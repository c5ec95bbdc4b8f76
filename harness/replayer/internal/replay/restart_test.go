package replay

import (
	"strings"
	"testing"

	"alertdrill/replayer/internal/testdb"
)

// gapAfter is a gap between two slots, both of which took place.
func gapAfter(last, first int64, restarted *bool) Gap {
	return Gap{LastMs: t0 + last*step, FirstMs: t0 + first*step, Restarted: restarted}
}

func TestARestartForgetsAndRestores(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		name  string
		hold  string
		gap   Gap
		slots int64
		want  string
	}{
		{"after a restart the first two evaluations write nothing, and a short `for` starts over",
			"10s", gapAfter(3, 6, &yes), 12, "ppff....ffff"},
		{"a `for` longer than that goes on pending",
			"20s", gapAfter(5, 6, &yes), 14, "ppppff..ppffff"},
		{"what nobody knows is a restart", "10s", gapAfter(3, 6, nil), 12, "ppff....ffff"},
		{"a server that was held up forgets nothing", "10s", gapAfter(3, 6, &no), 9, "ppff..fff"},
		{"a restart too short to miss anything", "10s", gapAfter(3, 4, &yes), 8, "ppff..ff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := open(t, testdb.Of(each(repeat(0, int(c.slots))...), "__name__", "m"))
			r := request(group("      - alert: A\n        expr: m == 0\n        for: "+c.hold+"\n"), c.slots)
			r.Gaps = []Gap{c.gap}
			if got := timeline(mustEvaluate(t, from, r), "A", c.slots); got != c.want {
				t.Errorf("%s, not %s", got, c.want)
			}
		})
	}
}

func TestForIsRestoredFromTenMinutesOn(t *testing.T) {
	yes := true
	// 3 min of slots before the restart, then 14 min.
	const before, slots = 36, 204
	for _, c := range []struct {
		name, hold string
		firesAfter int // slots after the restart
	}{
		// Not restored: 9 min from the first evaluation after the restart.
		{"9m", "9m", 108},
		// Restored: what is left are 7 min 5 s, less than the grace period of 10 min, which it is
		// given then; counted from the second evaluation.
		{"10m", "10m", 1 + 120},
		// Restored: 12 min 5 s are left, the time that the server was away not counted.
		{"15m", "15m", 1 + 145},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := open(t, testdb.Of(each(repeat(0, slots)...), "__name__", "m"))
			r := request(group("      - alert: A\n        expr: m == 0\n        for: "+c.hold+"\n"), slots)
			r.Gaps = []Gap{gapAfter(before-1, before, &yes)}
			got := timeline(mustEvaluate(t, from, r), "A", slots)
			want := strings.Repeat("p", before) + ".." + strings.Repeat("p", c.firesAfter-2) +
				strings.Repeat("f", slots-before-c.firesAfter)
			if got != want {
				t.Errorf("it fires %d slots after the restart, not %d:\n%s",
					strings.Index(got, "f")-before, c.firesAfter, got)
			}
		})
	}
}

func TestARestartIsCountedForEachGroup(t *testing.T) {
	yes := true
	from := open(t, testdb.Of(each(repeat(0, 8)...), "__name__", "m"))
	rule := "\n    rules:\n      - alert: "
	r := request("groups:\n  - name: g"+rule+"A\n        expr: m == 0\n"+
		"  - name: slow\n    interval: 10s"+rule+"B\n        expr: m == 0\n", 8)
	zero := int64(0)
	r.Slots = append(r.Slots, Slot{path, "slow", &zero, 10_000})
	r.Gaps = []Gap{gapAfter(0, 1, &yes)}
	result := mustEvaluate(t, from, r)
	if got := timeline(result, "A", 8); got != "f..fffff" {
		t.Errorf("%s", got)
	}
	if got := timeline(result, "B", 8); got != "f.....f." {
		t.Errorf("%s", got)
	}
}

func TestARecordingMayBeginWithTheServer(t *testing.T) {
	yes := true
	for _, c := range []struct {
		startedAt int64 // ms from the first slot
		want      string
	}{
		{3000, "f..ffff"}, // slot 0 was before
		{0, "..fffff"},
		{-3000, "..fffff"},
		{-7000, ".ffffff"}, // one evaluation took place before
		{-12_000, "fffffff"},
		{-3600_000, "fffffff"},
	} {
		from := open(t, testdb.Of(each(repeat(0, 7)...), "__name__", "m"))
		r := request(group("      - alert: A\n        expr: m == 0\n"), 7)
		r.Gaps = []Gap{{LastMs: t0 + c.startedAt - 2000, FirstMs: t0 + c.startedAt, Restarted: &yes}}
		if got := timeline(mustEvaluate(t, from, r), "A", 7); got != c.want {
			t.Errorf("started at %d ms: %s, not %s", c.startedAt, got, c.want)
		}
	}
}
