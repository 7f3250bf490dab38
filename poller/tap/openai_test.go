package tap

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"quotatop/model"
	"quotatop/poller/sim"
)

// glance is a response as the SDK gets it.
type glance struct {
	Status     int
	RetryAfter string
	Body       string // of an error
}

// openAI is a client of the vendor's own SDK that notes each response it gets.
func openAI(t *testing.T, base string, seen *[]glance) openai.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return openai.NewClient(
		option.WithBaseURL(base+"/v1/"),
		option.WithAPIKey(key),
		option.WithHTTPClient(&http.Client{Transport: transport}),
		option.WithMiddleware(func(r *http.Request, next option.MiddlewareNext) (*http.Response, error) {
			res, err := next(r)
			if err != nil {
				return res, err
			}
			g := glance{Status: res.StatusCode, RetryAfter: res.Header.Get("Retry-After")}
			if res.StatusCode >= 400 {
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Error(err)
				}
				g.Body, res.Body = string(body), io.NopCloser(bytes.NewReader(body))
			}
			*seen = append(*seen, g)
			return res, err
		}),
	)
}

// TestOpenAI completes a chat with the OpenAI SDK through the tap against the
// simulator, whole and streamed.
func TestOpenAI(t *testing.T) {
	tap, _ := serve(t, sim.New(sim.Options{Key: key}).ServeHTTP)
	var seen []glance
	client := openAI(t, tap.base, &seen)
	chat := openai.ChatCompletionNewParams{
		Model:    "claude-haiku-4-5",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("How far is it to the wall?")},
	}

	whole, err := client.Chat.Completions.New(t.Context(), chat)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Choices) != 1 || whole.Choices[0].Message.Content == "" || whole.Usage.TotalTokens == 0 {
		t.Errorf("got no completion: %s", whole.RawJSON())
	}

	stream := client.Chat.Completions.NewStreaming(t.Context(), chat)
	defer stream.Close()
	var all openai.ChatCompletionAccumulator
	chunks := 0
	for ; stream.Next(); chunks++ {
		if !all.AddChunk(stream.Current()) {
			t.Errorf("chunk %d does not fit: %s", chunks, stream.Current().RawJSON())
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	if chunks < 2 || len(all.Choices) != 1 || all.Choices[0].Message.Content == "" || all.Choices[0].FinishReason != "stop" {
		t.Errorf("got no completion from %d chunks: %+v", chunks, all.Choices)
	}

	want := model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/v1/chat/completions", Status: 200}
	counted := want // of a stream the headers cannot say
	counted.Tokens = whole.Usage.TotalTokens
	if diff := cmp.Diff([]model.Call{counted, want}, tap.waitCalls(t, 2), cmp.AllowUnexported(model.Opt[time.Duration]{})); diff != "" {
		t.Errorf("calls differ (-want +got):\n%s", diff)
	}
}

// TestOpenAIRetries has the API deny the SDK's first try. Its own retry must
// see the 429 through the tap as it does directly, and wait as it was told.
func TestOpenAIRetries(t *testing.T) {
	api := sim.New(sim.Options{Key: key})
	upstream := httptest.NewServer(api)
	defer upstream.Close()
	tap := start(t, upstream.URL)
	chat := openai.ChatCompletionNewParams{
		Model:    "claude-haiku-4-5",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("How far is it to the wall?")},
	}
	try := func(base string) (seen []glance, took time.Duration) {
		t.Helper()
		api.Inject(sim.RateLimited(time.Second).On("/v1/").Times(1))
		client := openAI(t, base, &seen)
		begun := time.Now()
		if _, err := client.Chat.Completions.New(t.Context(), chat); err != nil {
			t.Fatal(err)
		}
		return seen, time.Since(begun)
	}
	direct, _ := try(upstream.URL)
	through, took := try(tap.base)
	if diff := cmp.Diff(direct, through); diff != "" {
		t.Errorf("the SDK gets other responses through the tap (+) than directly (-):\n%s", diff)
	}
	if len(through) != 2 || through[0].Status != 429 || through[0].RetryAfter != "1" || through[1].Status != 200 {
		t.Errorf("got %+v, want a 429 with Retry-After: 1, then 200", through)
	}
	if took < time.Second {
		t.Errorf("the retry came after %v, want 1 s or more", took)
	}
	calls := tap.waitCalls(t, 2)
	if d := calls[0].Denial; d == nil || d.Kind != model.KindRate || d.RetryAfter != model.Some(time.Second) || d.Detail == "" {
		t.Errorf("reported %+v for the 429", d)
	}
	if calls[1].Status != 200 || calls[1].Denial != nil {
		t.Errorf("reported %+v for the retry", calls[1])
	}
}
