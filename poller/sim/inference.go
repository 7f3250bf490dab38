package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	chatPath = "/v1/chat/completions"
	maxBody  = 1 << 20 // bytes of a request
)

// billable reports whether a request is to an inference route, which writes a
// row. The routes of all documented dates are included.
func billable(method, path string) bool {
	if method != http.MethodPost {
		return false
	}
	switch path {
	case chatPath, "/v1/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/inference",
		"/gliner-2", "/v1/gliner-2", "/felix/training-jobs", "/v1/training-jobs":
		return true
	}
	for _, prefix := range []string{"/gliner-2/", "/generate/", "/v1/gliner-2/", "/v1/generate/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// A prompt is the part of an inference request that the simulator uses.
type prompt struct {
	Model         string `json:"model"`
	Stream        bool   `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// infer answers an inference call. Limits are checked before the body, and the
// answer comes after Options.Latency.
func (s *Server) infer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		writeError(w, http.StatusRequestEntityTooLarge, "Request body too large")
		return
	} else if err != nil {
		return // the client has disconnected
	}
	var p prompt
	valid := json.Unmarshal(body, &p) == nil
	s.mu.Lock()
	result := s.decide(request{method: r.Method, path: r.URL.Path, ip: clientIP(r), billed: valid, model: p.Model}, s.clock(time.Time{}))
	id := string(appendUUID(nil, ^s.opts.Seed, s.seq)) // not the id of any row
	s.mu.Unlock()
	switch {
	case result.Status != http.StatusOK:
		writeDenial(w, result)
		return
	case !valid:
		writeInvalid(w, "body", "model", "Input should be a valid dictionary", "dict_type")
		return
	}
	w.Header().Set("X-Request-Id", "req_"+id[:8])
	if p.Stream && r.URL.Path == chatPath {
		s.stream(w, r, result, p.StreamOptions.IncludeUsage, id)
		return
	}
	if sleep(r.Context(), s.opts.Latency) {
		s.setDate(w)
		w.Header().Set("X-Token-Usage", strconv.Itoa(result.Tokens))
		writeJSON(w, http.StatusOK, answer(r.URL.Path, result, id))
	}
}

// words are the answer of every model.
var words = [...]string{"The quota ", "is the number ", "of calls that ", "are left."}

// answer returns the body for an accepted call.
func answer(path string, r Result, id string) map[string]any {
	in := r.Tokens * 2 / 3
	out := r.Tokens - in
	text := strings.Join(words[:], "")
	body := map[string]any{
		"model":       r.Model,
		"usage":       usageOf(r.Tokens),
		"token_usage": r.Tokens,
		"x_pioneer":   map[string]any{"inference_id": id, "routed_model": r.Model},
	}
	switch {
	case path == chatPath:
		body["id"], body["object"], body["created"] = "chatcmpl-"+id, "chat.completion", r.At.Unix()
		body["choices"] = []any{map[string]any{
			"index": 0, "finish_reason": "stop", "logprobs": nil,
			"message": map[string]any{"role": "assistant", "content": text, "refusal": nil},
		}}
	case path == "/v1/completions":
		body["id"], body["object"], body["created"] = "cmpl-"+id, "text_completion", r.At.Unix()
		body["choices"] = []any{map[string]any{"index": 0, "finish_reason": "stop", "logprobs": nil, "text": text}}
	case path == "/v1/responses":
		body["id"], body["object"], body["created_at"], body["status"] = "resp_"+id, "response", r.At.Unix(), "completed"
		body["output"] = []any{map[string]any{
			"id": "msg_" + id, "type": "message", "role": "assistant", "status": "completed",
			"content": []any{map[string]any{"type": "output_text", "text": text, "annotations": []any{}}},
		}}
		body["usage"] = map[string]any{"input_tokens": in, "output_tokens": out, "total_tokens": r.Tokens}
	case path == "/v1/messages":
		body["id"], body["type"], body["role"], body["stop_reason"] = "msg_"+id, "message", "assistant", "end_turn"
		body["content"] = []any{map[string]any{"type": "text", "text": text}}
		body["usage"] = map[string]any{"input_tokens": in, "output_tokens": out}
	case path == "/v1/embeddings":
		body["object"] = "list"
		body["data"] = []any{map[string]any{"object": "embedding", "index": 0, "embedding": []float64{0.6, 0.8}}}
	case strings.HasSuffix(path, "/training-jobs"):
		body["success"], body["id"], body["status"] = true, id, "requested"
	case strings.Contains(path, "/generate/"):
		body["job_id"], body["status"] = id, "queued"
	default:
		body["result"] = map[string]any{"entities": []any{map[string]any{"text": "quota", "label": "concept", "score": 0.98}}}
	}
	return body
}

// usageOf returns the usage object of an OpenAI-style body.
func usageOf(tokens int) map[string]any {
	in := tokens * 2 / 3
	return map[string]any{"prompt_tokens": in, "completion_tokens": tokens - in, "total_tokens": tokens}
}

// stream answers a chat call with server-sent events, each flushed.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, result Result, withUsage bool, id string) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w).Flush
	chunk := func(choices ...any) map[string]any {
		return map[string]any{
			"id": "chatcmpl-" + id, "object": "chat.completion.chunk", "created": result.At.Unix(),
			"model": result.Model, "choices": append([]any{}, choices...),
		}
	}
	delta := func(delta map[string]any, finish any) map[string]any {
		return chunk(map[string]any{"index": 0, "delta": delta, "logprobs": nil, "finish_reason": finish})
	}
	events := []map[string]any{delta(map[string]any{"role": "assistant", "content": ""}, nil)}
	for _, word := range words {
		events = append(events, delta(map[string]any{"content": word}, nil))
	}
	events = append(events, delta(map[string]any{}, "stop"))
	if withUsage {
		last := chunk()
		last["usage"] = usageOf(result.Tokens)
		events = append(events, last)
	}
	for _, event := range events {
		text, err := json.Marshal(event)
		if err != nil {
			panic(err) // a bug: every event is built here
		}
		if !sleep(r.Context(), s.opts.Latency/time.Duration(len(events))) {
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil {
			return
		}
		flush()
	}
	io.WriteString(w, "data: [DONE]\n\n")
}
