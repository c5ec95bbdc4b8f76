package remoteread

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// madeUpDay answers remote read for 10,000 series with a sample every 15 s, and keeps none of it.
func madeUpDay(w http.ResponseWriter, r *http.Request) {
	packed, _ := io.ReadAll(r.Body)
	unpacked, _ := snappy.Decode(nil, packed)
	var asked prompb.ReadRequest
	if err := asked.Unmarshal(unpacked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	query := asked.Queries[0]
	w.Header().Set("Content-Type", streamedType+"; proto=prometheus.ChunkedReadResponse")
	frames := remote.NewChunkedWriter(w, w.(http.Flusher))
	for n := range 10_000 {
		series := &prompb.ChunkedSeries{Labels: []prompb.Label{
			{Name: "__name__", Value: fmt.Sprintf("metric_%d_total", n%100)},
			{Name: "instance", Value: fmt.Sprintf("host-%d.example.org:9090", n/100)},
			{Name: "job", Value: "a-job"},
			{Name: "path", Value: fmt.Sprintf("/a/path/%d", n%7)},
		}}
		for from := query.StartTimestampMs; from <= query.EndTimestampMs; {
			c := chunkenc.NewXORChunk()
			appender, _ := c.Appender()
			ms := from
			for i := 0; i < 120 && ms <= query.EndTimestampMs; i++ {
				appender.Append(ms, float64(ms/1000%100_000)*1.37+float64(n))
				ms += 15_000
			}
			series.Chunks = append(series.Chunks, prompb.Chunk{
				MinTimeMs: from, MaxTimeMs: ms - 15_000, Type: prompb.Chunk_XOR, Data: c.Bytes(),
			})
			from = ms
		}
		frame, _ := (&prompb.ChunkedReadResponse{
			ChunkedSeries: []*prompb.ChunkedSeries{series},
		}).Marshal()
		if _, err := frames.Write(frame); err != nil {
			return
		}
	}
}

// TestADayIsRecordedInAFewHundredMegabytes takes about a minute: it is run where a change asks for
// it.
func TestADayIsRecordedInAFewHundredMegabytes(t *testing.T) {
	if os.Getenv("RECORD_A_DAY") == "" {
		t.Skip("RECORD_A_DAY=1 runs it")
	}
	server := httptest.NewServer(http.HandlerFunc(madeUpDay))
	defer server.Close()
	var most atomic.Uint64
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapInuse+m.StackInuse))
			}
		}
	}()
	began := time.Now()
	const dayMs = int64(24 * 3600_000)
	result, err := Record(context.Background(), Request{
		URL: server.URL, FromMs: 20_000 * dayMs, UntilMs: 20_001*dayMs - 1,
		Into: filepath.Join(t.TempDir(), "day"),
	})
	close(done)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v in %s, at most %d MB", *result, time.Since(began).Round(time.Second), most.Load()>>20)
	if most.Load() > 400<<20 {
		t.Errorf("it took %d MB", most.Load()>>20)
	}
}
