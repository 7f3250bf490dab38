package ui

import (
	"math"
	"time"

	"quotatop/model"
)

// The states that frames are tested in. All of them are at the same moment.
var now = time.Date(2026, 6, 17, 12, 4, 31, 0, time.UTC)

func at(ago time.Duration) model.Opt[time.Time] { return model.Some(now.Add(-ago)) }

// states are snapshots by name; nil stands for none yet.
var states = []struct {
	name string
	snap func() *model.Snapshot
}{
	{"starting", func() *model.Snapshot { return nil }},
	{"waiting", waiting},
	{"calm", calm},
	{"busy", busy},
	{"wall", wallAhead},
	{"refused", refusedAtOnce},
	{"over", over},
	{"cap", capReached},
	{"stale", stale},
	{"auth", authError},
	{"alerts", manyAlerts},
	{"hostile", hostile},
	{"fleet3", fleetOf3},
	{"fleet12", fleetOf12},
	{"fleet1000", fleetOf1000},
}

// used fills a gauge: so many calls in the window, so many a step in history.
func used(l *model.LimitUsage, n int, wave float64) {
	l.Used, l.Account, l.Local, l.Others = model.Some(n), model.Some(n), model.Some(n), model.Some(0)
	l.Rejected = model.Some(0)
	l.AsOf = at(0)
	l.History = make([]int, model.HistorySteps)
	l.HistoryRejected = make([]int, model.HistorySteps)
	peak, sum := n, 0
	for i := range l.History {
		l.History[i] = max(0, int(float64(n)/12*(1+wave*math.Sin(float64(i)/9))))
		sum += l.History[i]
		if i >= 12 {
			sum -= l.History[i-12]
		}
		peak = max(peak, sum)
	}
	l.Peak = model.Some(peak)
}

// charted gives an endpoint charts of n calls a minute, observed for so long.
func charted(e *model.EndpointUsage, n int, wave float64, watched time.Duration) {
	e.Charts = nil
	for _, c := range []struct {
		step  time.Duration
		steps int
	}{{5 * time.Second, 180}, {20 * time.Second, 180}, {time.Minute, 1440}} {
		to := now.Truncate(c.step)
		chart := model.Chart{Step: c.step, To: to, From: to.Add(-watched), Accepted: make([]int, c.steps), Rejected: make([]int, c.steps)}
		for i := range c.steps {
			ago := float64(c.steps-i) * c.step.Seconds()
			if ago > watched.Seconds() {
				chart.Accepted[i] = model.Unknown
				continue
			}
			rate := float64(n) * c.step.Minutes()
			calls := max(0, rate*(1+wave*math.Sin(ago/140))+rate*0.1*float64(i%7-3))
			chart.Accepted[i] = int(calls+float64(i)*0.37) - int(float64(i)*0.37) // no step is whole by itself
		}
		e.Charts = append(e.Charts, chart)
	}
}

// calm has a healthy tap and billing source, and little traffic.
func calm() *model.Snapshot {
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		panic(err)
	}
	s := model.Snapshot{
		Version: 1, At: now, Profile: table.Profile,
		Account: model.AccountName{Plan: "pro", Team: "7c0e2b1a-55aa-4c11-9d5e-0123456789ab"},
		Cap: model.Cap{
			Period: model.PeriodDay, Used: model.Some(31_270_000 * model.Micros(1)), Limit: model.Some(50 * model.Dollar),
			Remaining: model.Some(18_730_000 * model.Micros(1)), ResetsAt: time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC),
			ResetSource: model.ResetAssumed, BurnPerMin: model.Some(model.Micros(12_000)), AsOf: at(2 * time.Second),
		},
		Sources: []model.Source{
			{Name: model.SourceBilling, Vantage: model.VantageAccount, State: model.StateOK, AsOf: at(2 * time.Second), Interval: model.Some(10.0), PollsMinute: model.Some(12), BudgetMinute: model.Some(50), PollsHour: model.Some(310), BudgetHour: model.Some(500)},
			{Name: model.SourceTap, Vantage: model.VantageLocal, State: model.StateOK, AsOf: at(0)},
		},
	}
	for _, e := range table.Endpoints {
		u := model.EndpointUsage{ID: e.ID, Name: e.Name, Scope: e.Scope, Calls: model.Some(0)}
		for _, l := range e.Limits {
			u.Limits = append(u.Limits, model.LimitUsage{Limit: l.Max, PerS: l.Per.Seconds()})
		}
		s.Endpoints = append(s.Endpoints, u)
	}
	figures := map[string][]int{"all": {212, 4310}, "inference": {96}, "chat": {61}, "gliner": {0}, "generate": {31}, "training": {1}}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for j := range e.Limits {
			used(&e.Limits[j], figures[e.ID][j], 0.4)
			charted(e, figures[e.ID][0], 0.4, 5*time.Hour)
			e.Calls = model.Some(figures[e.ID][0])
		}
	}
	for i := range s.Endpoints {
		s.Endpoints[i].Models = []model.ModelUsage{}
		s.Endpoints[i].ModelsSince = model.Some(now.Truncate(24 * time.Hour))
	}
	s.Cap.Spent = spentOver(now, 31_270_000, 9*time.Hour)
	s.Endpoints[0].Models = []model.ModelUsage{
		{Model: "pioneer-large-of-the-latest-kind", Requests: 12_480, Cost: 18_720_000},
		{Model: "deepseek-ai/DeepSeek-V4-Flash-of-2026", Requests: 3_000, Cost: 900_000, Estimated: true},
		{Model: "gliner-2-xl", Requests: 1_310_000, Cost: 9_000_000},
		{Model: "pioneer-small", Requests: 4_012, Cost: 412_000},
		{Model: "", Requests: 12},
	}
	s.Endpoints[1].Models = []model.ModelUsage{{Model: "fastino/gliner-2-large-v1", Requests: 52_310}}
	s.Endpoints[2].Models = []model.ModelUsage{
		{Model: "pioneer-large-of-the-latest-kind", Requests: 12_480, Tokens: 31_200_000, Cost: 18_720_000},
		{Model: "pioneer-small", Requests: 4_012, Tokens: 2_100_000, Cost: 412_000},
		{Model: "漢字-tuned-é-of-a-customer-with-a-long-name", Requests: 311, Tokens: 90_001, Cost: 1_200},
		{Model: "", Requests: 12},
	}
	s.Endpoints[3].Models = []model.ModelUsage{
		{Model: "gliner-2-xl", Requests: 1_310_000, Tokens: 0, Cost: 9_000_000, Estimated: true},
		{Model: "gliner-2", Requests: 90_000, Cost: 100_000, Estimated: true},
		{Model: model.ModelOthers, Requests: 1_000, Cost: 10_000},
	}
	s.Endpoints[2].Rows = model.Some(122)
	s.Endpoints[2].Paths = []model.PathUsage{{Path: "POST /v1/chat/completions", Calls: 55}, {Path: "POST /v1/messages", Calls: 6}}
	s.Endpoints[len(s.Endpoints)-1].Calls = model.Some(23)
	return &s
}

// spentOver is a curve of so much spent up to a time, known for the last while.
func spentOver(to time.Time, used model.Micros, known time.Duration) *model.SpendCurve {
	c := &model.SpendCurve{From: to.Truncate(24 * time.Hour), Step: 5 * time.Minute}
	for end := c.From.Add(c.Step); end.Before(to.Add(c.Step)); end = end.Add(c.Step) {
		part := float64(end.Sub(c.From)) / float64(to.Sub(c.From))
		spent := model.Micros(float64(used) * min(part*part, 1))
		if to.Sub(end) > known {
			spent = model.Unknown
		}
		c.Used = append(c.Used, spent)
	}
	return c
}

// busy climbs: one endpoint is hot, one warm, others use the key too.
func busy() *model.Snapshot {
	s := calm()
	used(&s.Endpoints[0].Limits[0], 812, 0.2)
	used(&s.Endpoints[0].Limits[1], 7310, 0.2)
	used(&s.Endpoints[1].Limits[0], 590, 0.5)
	used(&s.Endpoints[2].Limits[0], 184, 0.05)
	used(&s.Endpoints[3].Limits[0], 4310, 0.9)
	for i, n := range []int{812, 590, 184, 4310} {
		charted(&s.Endpoints[i], n, []float64{0.2, 0.5, 0.05, 0.9}[i], 5*time.Hour)
	}
	s.Endpoints[0].Limits[0].UpperBound = true
	s.Endpoints[1].Limits[0].Others = model.Some(220)
	s.Endpoints[0].Limits[0].TimeToLimit = model.Some(55.0)
	s.Endpoints[2].Limits[0].TimeToLimit = model.Some(14.5)
	s.Endpoints[3].Limits[0].Estimated, s.Endpoints[3].Limits[0].Margin = true, 120
	s.Endpoints[3].Limits[0].AsOf = at(12 * time.Second)
	s.Cap.BurnPerMin = model.Some(model.Micros(55_000))
	s.Cap.ExhaustsAt = model.Some(now.Add(5*time.Hour + 38*time.Minute))
	s.Cap.ResetSource = model.ResetFromAPI
	return s
}

// wallAhead is a limit that is far from full and reached in 14 s, before one that is
// fuller and falls.
func wallAhead() *model.Snapshot {
	s := calm()
	used(&s.Endpoints[0].Limits[0], 800, 0.3)
	used(&s.Endpoints[2].Limits[0], 130, 0.1)
	s.Endpoints[2].Limits[0].TimeToLimit = model.Some(14.2)
	return s
}

// refusedAtOnce is the first refusal of a limit that this machine has not filled.
func refusedAtOnce() *model.Snapshot {
	s := calm()
	chat := &s.Endpoints[2].Limits[0]
	used(chat, 148, 0.1)
	chat.Used, chat.Inferred, chat.Others = model.Some(200), true, model.Some(52)
	chat.Account, chat.Peak, chat.PeakLowerBound = model.Some(101), model.Some(160), true
	chat.Rejected, chat.RefusedUntil, chat.DeniedAt, chat.TimeToLimit = model.Some(1), at(-7*time.Second), model.Some(148), model.Some(0.0)
	s.Endpoints[2].Rejected = model.Some(1)
	charted(&s.Endpoints[2], 148, 0.1, 11*time.Minute)
	s.Endpoints[2].Charts[0].Rejected[179] = 1
	s.Denials = []model.DenialGroup{
		{Kind: model.KindRate, Endpoint: "chat", Status: 429, First: now, At: now, Count: 1, Minute: 1, RetryAt: at(-7 * time.Second), ClearsAt: at(-7 * time.Second), Detail: "Rate limit exceeded: 200 per 1 minute", Source: "tap"},
	}
	return s
}

// over refuses the calls of one endpoint and is beyond the limit of another.
func over() *model.Snapshot {
	s := busy()
	chat := &s.Endpoints[2].Limits[0]
	used(chat, 198, 0.1)
	chat.Rejected, chat.RefusedUntil = model.Some(26), at(-7*time.Second)
	chat.TimeToLimit = model.Some(3.0)
	charted(&s.Endpoints[2], 198, 0.1, 11*time.Minute)
	charted(&s.Endpoints[4], 131, 0.1, 11*time.Minute)
	for i := 160; i < 180; i++ {
		chat.HistoryRejected[i] = 2
		s.Endpoints[2].Charts[0].Rejected[i] = 2
		s.Endpoints[4].Charts[0].Rejected[i-i%9] = 3
	}
	used(&s.Endpoints[4].Limits[0], 131, 0.1)
	s.Endpoints[4].Limits[0].Rejected, s.Endpoints[4].Limits[0].RefusedUntil = model.Some(44), at(-7*time.Second)
	s.Denials = []model.DenialGroup{
		{Kind: model.KindRate, Endpoint: "chat", Status: 429, First: now.Add(-3 * time.Minute), At: now.Add(-2 * time.Second), Count: 26, Minute: 14, Early: 11, RetryAt: at(-7 * time.Second), ClearsAt: at(-7 * time.Second), Detail: "Rate limit exceeded: 200 per 1 minute", Source: "tap"},
		{Kind: model.KindRate, Endpoint: "generate", Status: 429, First: now.Add(-10 * time.Minute), At: now.Add(-4 * time.Minute), Count: 44, RetryAt: at(3 * time.Minute), ClearsAt: at(3 * time.Minute), Detail: "Rate limit exceeded: 120 per 1 minute", Source: "tap"},
	}
	return s
}

// capReached has nothing left until the reset, and a person to call.
func capReached() *model.Snapshot {
	s := calm()
	s.Cap.Used, s.Cap.Remaining = model.Some(50_070_000*model.Micros(1)), model.Some(model.Micros(0))
	s.Cap.BurnPerMin = model.Some(model.Micros(0))
	s.Cap.Spent = spentOver(now, 50_070_000, 9*time.Hour)
	s.Denials = []model.DenialGroup{
		{Kind: model.KindCap, Endpoint: "inference", Endpoints: []model.EndpointCount{{ID: "inference", Count: 300}, {ID: "chat", Count: 18}}, Status: 429, First: now.Add(-2 * time.Minute), At: now.Add(-time.Second), Count: 318, Minute: 160, Early: 305, RetryAt: model.Some(s.Cap.ResetsAt), ClearsAt: model.Some(s.Cap.ResetsAt), Reason: "daily_spend_cap_exceeded", Detail: "Daily spend cap exceeded", Source: "tap"},
		{Kind: model.KindCredits, Endpoint: "chat", Status: 402, First: now.Add(-time.Hour), At: now.Add(-50 * time.Minute), Count: 3, Reason: "card_required", Detail: "Add a card to go on", URL: "https://app.pioneer.ai/billing/payment-methods?team=7c0e2b1a", Source: "tap"},
	}
	return s
}

// stale has had no data from billing for three minutes, and has no tap.
func stale() *model.Snapshot {
	s := busy()
	for i := range s.Endpoints {
		for j := range s.Endpoints[i].Charts {
			c := &s.Endpoints[i].Charts[j]
			c.To, c.From = c.To.Add(-3*time.Minute), c.From.Add(-3*time.Minute)
		}
		for j := range s.Endpoints[i].Limits {
			l := &s.Endpoints[i].Limits[j]
			l.AsOf, l.Local, l.Rejected, l.TimeToLimit = at(3*time.Minute), model.Opt[int]{}, model.Opt[int]{}, model.Opt[float64]{}
		}
	}
	s.Cap.AsOf = at(3 * time.Minute)
	s.Sources = s.Sources[:1]
	s.Sources[0].State, s.Sources[0].AsOf = model.StateStale, at(3*time.Minute)
	return s
}

// authError is a refused key.
func authError() *model.Snapshot {
	s := stale()
	s.Sources[0].State = model.StateError
	s.Sources[0].Error = "key refused (401): invalid, or its allowance is used up"
	s.Sources[0].RetryAt = at(-42 * time.Second)
	s.Denials = []model.DenialGroup{
		{Kind: model.KindAuth, Status: 401, First: now.Add(-3 * time.Minute), At: now.Add(-18 * time.Second), Count: 4, Minute: 1, Detail: "Invalid API key", Source: "billing"},
	}
	return s
}

// manyAlerts has more groups than any pane has lines.
func manyAlerts() *model.Snapshot {
	s := over()
	s.Denials = nil
	for i := range 12 {
		d := time.Duration(i) * 47 * time.Second
		s.Denials = append(s.Denials,
			model.DenialGroup{Kind: model.KindRate, Endpoint: s.Endpoints[i%6].ID, Status: 429, First: now.Add(-d - time.Minute), At: now.Add(-d), Count: 3 + i*i*i*7, RetryAt: at(d - 21*time.Second), Detail: "Rate limit exceeded", Reason: "r" + string(rune('a'+i)), Source: "tap"},
			model.DenialGroup{Kind: model.KindCeiling, Endpoint: s.Endpoints[i%6].ID, Status: 403, First: now.Add(-d - time.Minute), At: now.Add(-d), Count: 1 + i, Detail: "Monthly overage ceiling reached", Reason: "c" + string(rune('a'+i)), URL: "https://app.pioneer.ai/billing", Source: "tap"})
	}
	return s
}

// waiting has a source without data yet.
func waiting() *model.Snapshot {
	s := calm()
	s.Account = model.AccountName{}
	s.Cap = model.Cap{Period: model.PeriodDay, ResetsAt: s.Cap.ResetsAt, ResetSource: model.ResetAssumed}
	s.Sources = []model.Source{{Name: model.SourceBilling, Vantage: model.VantageAccount, State: model.StateOK}}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		e.Calls, e.Rows, e.Paths, e.Charts = model.Opt[int]{}, model.Opt[int]{}, nil, nil
		e.Models, e.ModelsSince = nil, model.Opt[time.Time]{}
		for j := range e.Limits {
			e.Limits[j] = model.LimitUsage{Limit: e.Limits[j].Limit, PerS: e.Limits[j].PerS}
		}
	}
	return s
}

// nasty is text that would break a screen.
const nasty = "\x1b[2J\x1b]0;own\x07\x00a\r\nb\tc\u202e\u200d\ufe0f漢字e\u0301\u0301\u0301\u0301\u0301👩‍👩‍👧‍👦🇩🇪❤️\u0085\u2028\x9b31m\xff"

// hostile has such text wherever the API or a config could put it, and figures
// that no account has.
func hostile() *model.Snapshot {
	s := manyAlerts()
	s.Account = model.AccountName{Plan: nasty, Team: nasty}
	s.Profile = nasty
	for i := range s.Sources {
		s.Sources[i].Error, s.Sources[i].Note = nasty, nasty
	}
	s.Sources[0].State = model.StateError
	s.Sources[0].Name = nasty
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		e.ID, e.Name = e.ID+nasty, e.Name+nasty
		e.Paths = append(e.Paths, model.PathUsage{Path: nasty, Calls: math.MaxInt})
		for range 20 {
			e.Models = append(e.Models, model.ModelUsage{Model: nasty, Requests: math.MaxInt, Tokens: math.MaxInt64, Cost: math.MaxInt64, Estimated: true})
		}
		for j := range e.Charts {
			e.Charts[j].Accepted[7] = math.MaxInt32
			e.Charts[j].To, e.Charts[j].From = now, now
			if j > 0 {
				e.Charts[j].From = now.Add(-48 * time.Hour)
			}
		}
		for j := range e.Limits {
			used(&e.Limits[j], math.MaxInt32, 1)
			e.Limits[j].Rejected, e.Limits[j].RefusedUntil = model.Some(math.MaxInt32), model.Some(now.Add(time.Hour))
			e.Limits[j].TimeToLimit = model.Some(1e9)
		}
	}
	for i := range s.Denials {
		g := &s.Denials[i]
		g.Endpoint, g.Reason, g.Detail, g.URL, g.Source = nasty, nasty, nasty, nasty, nasty
		g.Count = math.MaxInt
	}
	s.Cap.Used, s.Cap.Limit, s.Cap.Remaining = model.Some(model.Micros(math.MaxInt64)), model.Some(model.Micros(1)), model.Some(model.Micros(math.MinInt64))
	s.Cap.BurnPerMin = model.Some(model.Micros(math.MaxInt64))
	return s
}
