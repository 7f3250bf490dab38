package sim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

// The vendor-neutral SDK takes the chat answers for the real thing.
func TestOpenAIClient(t *testing.T) {
	s := New(Options{Key: "pio_sk_test"})
	server := httptest.NewServer(s)
	defer server.Close()
	hc := &http.Client{Transport: &http.Transport{}}
	defer hc.CloseIdleConnections()
	client := openai.NewClient(option.WithBaseURL(server.URL+"/v1"), option.WithAPIKey("pio_sk_test"), option.WithHTTPClient(hc), option.WithMaxRetries(0))
	ask := openai.ChatCompletionNewParams{
		Model:         "claude-haiku-4-5",
		Messages:      []openai.ChatCompletionMessageParamUnion{openai.UserMessage("What is a quota?")},
		StreamOptions: openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)},
	}
	const want = "The quota is the number of calls that are left."
	plain := ask
	plain.StreamOptions = openai.ChatCompletionStreamOptionsParam{}
	answer, err := client.Chat.Completions.New(context.Background(), plain)
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Choices[0].Message.Content; got != want || answer.Usage.TotalTokens < 18 {
		t.Errorf("got %q and %d tokens, want %q", got, answer.Usage.TotalTokens, want)
	}
	stream := client.Chat.Completions.NewStreaming(context.Background(), ask)
	sum := openai.ChatCompletionAccumulator{}
	chunks := 0
	for stream.Next() {
		sum.AddChunk(stream.Current())
		chunks++
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	if got := sum.Choices[0].Message.Content; got != want || chunks < 4 || sum.Usage.TotalTokens < 18 {
		t.Errorf("stream: got %q in %d chunks, %d tokens, want %q", got, chunks, sum.Usage.TotalTokens, want)
	}

	burst(s, 198, Call{Path: chatPath})
	_, err = client.Chat.Completions.New(context.Background(), plain)
	var denied *openai.Error
	if !errors.As(err, &denied) || denied.StatusCode != 429 || denied.Response.Header.Get("Retry-After") == "" {
		t.Errorf("over the limit: got %v, want a 429 with Retry-After", err)
	}
}

func TestRoutes(t *testing.T) {
	s, _ := newServer(Options{CapUSD: -1})
	for path, want := range map[string]string{
		"/v1/chat/completions":     `"object":"chat.completion"`,
		"/v1/completions":          `"object":"text_completion"`,
		"/v1/responses":            `"type":"output_text"`,
		"/v1/messages":             `"stop_reason":"end_turn"`,
		"/v1/embeddings":           `"embedding":[`,
		"/inference":               `"entities":[`,
		"/gliner-2/extract":        `"entities":[`,
		"/v1/gliner-2/extract":     `"entities":[`,
		"/generate/text":           `"status":"queued"`,
		"/v1/generate/text":        `"status":"queued"`,
		"/felix/training-jobs":     `"status":"requested"`,
		"/v1/training-jobs":        `"status":"requested"`,
		"/billing/plan-info":       "Not Found",
		"/gliner-20":               "Not Found",
		"/felix/training-jobs/123": "Not Found",
	} {
		w := do(s, "POST", path, `{"model":"m"}`)
		if !strings.Contains(w.Body.String(), want) || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: got %d %s, want %s", path, w.Code, w.Body, want)
		}
		if (w.Code == 200) == (want == "Not Found") {
			t.Errorf("%s: got %d", path, w.Code)
		}
	}
	if w := do(s, "POST", "/inference", strings.Repeat(" ", maxBody+1)); w.Code != 413 {
		t.Errorf("a huge body: got %d, want 413", w.Code)
	}
	if w := do(s, "GET", "/billing/team/another/overage-settings", ""); w.Code != 403 {
		t.Errorf("another team: got %d, want 403", w.Code)
	}
	w := do(s, "GET", "/billing/team/"+TeamID+"/overage-settings", "")
	for _, want := range []string{`"usage_reset_hour":0`, `"usage_reset_timezone":"UTC"`, `"current_month_start":"2026-06-01T00:00:00.000000+00:00"`, `"current_period_requests":12`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("overage-settings: got %s, want %s", w.Body, want)
		}
	}
	if w := do(s, "GET", "/billing/billing-status", ""); !strings.Contains(w.Body.String(), `"team_id":"`+TeamID+`"`) {
		t.Errorf("billing-status: got %s", w.Body)
	}
}

// An answer takes Latency, and the rows are of its end.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: 700 * time.Millisecond, Lag: -1})
		begin := time.Now()
		for _, body := range []string{`{"model":"m"}`, `{"model":"m","stream":true}`} {
			then := time.Now()
			if w := do(s, "POST", chatPath, body); w.Code != 200 {
				t.Errorf("got %d", w.Code)
			}
			if took := time.Since(then); took < 690*time.Millisecond || took > 700*time.Millisecond {
				t.Errorf("%s: took %s, want 700ms", body, took)
			}
		}
		time.Sleep(time.Second)
		page := readLog(t, s, "")
		if len(page.Items) != 4 {
			t.Fatalf("got %d rows, want 4", len(page.Items))
		}
		if got := page.Items[2].created(t).Sub(begin); got != 700*time.Millisecond {
			t.Errorf("got the row %s after its call, want 700ms", got)
		}
		if got := s.Truth("chat", begin, begin.Add(time.Second)).Accepted; got != 2 {
			t.Errorf("got %d calls in the first second, want 2: truth is of when they were decided", got)
		}
	})
}
