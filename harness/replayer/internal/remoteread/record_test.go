package remoteread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb"

	"alertdrill/replayer/internal/failure"
	"alertdrill/replayer/internal/recording"
	"alertdrill/replayer/internal/testdb"
)

// t0 is a few minutes before a block of Prometheus's ends.
const t0 = int64(1_700_006_400_000) - 5*60_000

// prometheus is a server with samples before and after a block's end, one series that goes stale,
// one of native histograms, and an external label.
func prometheus(t *testing.T) *tsdb.DB {
	t.Helper()
	options := tsdb.DefaultOptions()
	options.EnableNativeHistograms = true
	db, err := tsdb.Open(t.TempDir(), log.NewNopLogger(), nil, options, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	appender := db.Appender(context.Background())
	add := func(name string, ms int64, v float64) {
		_, err := appender.Append(0, labels.FromStrings("__name__", name, "job", "a"), ms, v)
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range int64(60) {
		add("up", t0+i*10_000, float64(i%2))
	}
	add("gone", t0, 5)
	add("gone", t0+10_000, testdb.Stale())
	add("not_a_number", t0, math.NaN())
	h := &histogram.Histogram{
		Count: 3, Sum: 4, Schema: 1, ZeroThreshold: 0.1,
		PositiveSpans: []histogram.Span{{Offset: 0, Length: 1}}, PositiveBuckets: []int64{3},
	}
	if _, err := appender.AppendHistogram(
		0, labels.FromStrings("__name__", "sizes"), t0, h, nil); err != nil {
		t.Fatal(err)
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
	return db
}

// serve answers remote read by Prometheus's own code; `onlySamples` makes it a server that does not
// know streams.
func serve(t *testing.T, db storage.SampleAndChunkQueryable, onlySamples bool) *httptest.Server {
	t.Helper()
	handler := remote.NewReadHandler(log.NewNopLogger(), nil, db, func() config.Config {
		return config.Config{GlobalConfig: config.GlobalConfig{
			ExternalLabels: labels.FromStrings("replica", "r1"),
		}}
	}, 1e6, 10, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prefix/api/v1/read" {
			http.NotFound(w, r)
			return
		}
		if onlySamples {
			withoutStreams(t, r)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

func withoutStreams(t *testing.T, r *http.Request) {
	packed, _ := io.ReadAll(r.Body)
	unpacked, err := snappy.Decode(nil, packed)
	if err != nil {
		t.Error(err)
	}
	var asked prompb.ReadRequest
	if err := asked.Unmarshal(unpacked); err != nil {
		t.Error(err)
	}
	asked.AcceptedResponseTypes = nil
	bytes, _ := asked.Marshal()
	r.Body = io.NopCloser(strings.NewReader(string(snappy.Encode(nil, bytes))))
}

func TestRecordKeepsStalenessMarkersAndStripsExternalLabels(t *testing.T) {
	for _, onlySamples := range []bool{false, true} {
		t.Run(fmt.Sprintf("only samples: %v", onlySamples), func(t *testing.T) {
			server := serve(t, prometheus(t), onlySamples)
			folder := filepath.Join(t.TempDir(), "recording")
			result, err := Record(context.Background(), Request{
				URL: server.URL + "/prefix/", FromMs: t0, UntilMs: t0 + 24*3600_000, Into: folder,
				StripLabels: []string{"replica"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if result.Series != 4 || result.Samples != 64 || result.StaleMarkers != 1 ||
				result.Blocks != 1 || result.FromMs != t0 || result.UntilMs != t0+590_000 {
				t.Errorf("%+v", result)
			}
			if size := sizeOf(t, folder); size != result.Bytes {
				t.Errorf("%d bytes, told are %d", size, result.Bytes)
			}
			opened, err := recording.Open(recording.Options{
				Folder: folder, Lookback: time.Minute, EvaluationInterval: time.Second,
			})
			if err != nil {
				t.Fatal(err)
			}
			gone := opened.OfMetric("gone")[0]
			if want := labels.FromStrings("__name__", "gone", "job", "a"); !labels.Equal(gone.Labels, want) {
				t.Errorf("the labels are %s", gone.Labels)
			}
			samples, err := gone.Samples()
			if err != nil {
				t.Fatal(err)
			}
			if samples.V[0] != 5 || math.Float64bits(samples.V[1]) != value.StaleNaN {
				t.Errorf("%v", samples.V)
			}
			if up, _ := opened.OfMetric("up")[0].Samples(); len(up.T) != 60 {
				t.Errorf("%d samples of up", len(up.T))
			}
			if sizes, _ := opened.OfMetric("sizes")[0].Samples(); sizes.H[0].Count != 3 {
				t.Errorf("the histogram is %v", sizes.H[0])
			}
		})
	}
}

func TestARecordingIsATSDBThatPrometheusOpens(t *testing.T) {
	server := serve(t, prometheus(t), false)
	folder := t.TempDir() // empty folders are taken
	if _, err := Record(context.Background(), Request{
		URL: server.URL + "/prefix", FromMs: t0, UntilMs: t0 + 600_000, Into: folder,
	}); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(folder)
	if len(entries) != 1 || len(entries[0].Name()) != 26 {
		t.Errorf("the folder has %v", entries)
	}
	options := tsdb.DefaultOptions()
	options.RetentionDuration = 0
	db, err := tsdb.Open(folder, log.NewNopLogger(), nil, options, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if blocks := db.Blocks(); len(blocks) != 1 || blocks[0].Meta().Stats.NumSamples != 64 {
		t.Errorf("it has the blocks %v", blocks)
	}
}

func TestWindowsEndWhereBlocksDo(t *testing.T) {
	const hour = int64(3600_000)
	for _, c := range []struct {
		name        string
		from, until int64
		want        []window
	}{
		{"within a block", 10, 20, []window{{10, 20}}},
		{"one instant", 10, 10, []window{{10, 10}}},
		{"over an end", 2*hour - 1, 2 * hour, []window{{2*hour - 1, 2*hour - 1}, {2 * hour, 2 * hour}}},
		{"a whole one", 0, 4*hour - 1, []window{{0, 2*hour - 1}, {2 * hour, 4*hour - 1}}},
		{"before the epoch", -1, 0, []window{{-1, -1}, {0, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := windows(c.from, c.until); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%v, not %v", got, c.want)
			}
		})
	}
}

func TestAFailedRecordIsToldAndLeavesNothing(t *testing.T) {
	answer := func(status int, contentType, body string) func(*testing.T) string {
		return func(t *testing.T) string {
			server := httptest.NewServer(http.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", contentType)
					w.WriteHeader(status)
					io.WriteString(w, body)
				}))
			t.Cleanup(server.Close)
			return server.URL
		}
	}
	for _, c := range []struct {
		name  string
		url   func(*testing.T) string
		kind  failure.Kind
		words string
	}{
		{"nobody listens", func(*testing.T) string { return "http://127.0.0.1:1" },
			failure.NoAnswer, "connection refused"},
		{"no URL", func(*testing.T) string { return "prometheus" }, failure.BadAsk, "url"},
		{"an error", answer(503, "text/plain", "too busy "+strings.Repeat("x", 1000)),
			failure.NoAnswer, "503 Service Unavailable: too busy xx"},
		{"no remote read", answer(200, "text/html", "<html>"), failure.NoAnswer, "not remote read"},
		{"a torn stream", answer(200, streamedType, "\x0fabc"), failure.NoAnswer, "torn"},
		{"no series", func(t *testing.T) string { return serve(t, prometheus(t), false).URL + "/prefix" },
			failure.BadRecording, "no series"},
	} {
		t.Run(c.name, func(t *testing.T) {
			parent := t.TempDir()
			_, err := Record(context.Background(), Request{
				URL: c.url(t), FromMs: 1, UntilMs: 2, Into: filepath.Join(parent, "recording"),
			})
			var told *failure.Failure
			if !errors.As(err, &told) || told.Kind != c.kind ||
				!strings.Contains(told.Message, c.words) {
				t.Errorf("the error is %v", err)
			}
			if len(told.Message) > 500 {
				t.Errorf("it has %d characters", len(told.Message))
			}
			if left, _ := os.ReadDir(parent); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

func TestAFolderThatIsNotEmptyIsNotTouched(t *testing.T) {
	folder := t.TempDir()
	os.WriteFile(filepath.Join(folder, "precious"), nil, 0o644)
	_, err := Record(context.Background(), Request{URL: "http://127.0.0.1:1", Into: folder})
	if told := failure.Of(err); told.Kind != failure.BadAsk {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "precious")); err != nil {
		t.Error(err)
	}
}

func TestAPasswordIsNotTold(t *testing.T) {
	_, err := Record(context.Background(), Request{
		URL: "http://me:secret@127.0.0.1:1", Into: filepath.Join(t.TempDir(), "r"),
	})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
}

func sizeOf(t *testing.T, folder string) (size int64) {
	t.Helper()
	filepath.Walk(folder, func(_ string, info os.FileInfo, _ error) error {
		if !info.IsDir() {
			size += info.Size()
		}
		return nil
	})
	return size
}
