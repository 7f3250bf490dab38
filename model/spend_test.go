package model

import (
	"slices"
	"testing"
	"time"
)

func account(second float64, used, limit Opt[Micros]) Event {
	return Event{At: at(second), Source: SourceBilling, Account: &Account{Used: used, Limit: limit}}
}

func usd(x float64) Opt[Micros] { return Some(MicrosFromUSD(x)) }

var (
	unknownUSD  Opt[Micros]
	unknownTime Opt[time.Time]
)

const untilMidnight = 12 * 3600.0 // t0 is noon

func TestCapFromAccount(t *testing.T) {
	type want struct{ used, limit, remaining Opt[Micros] }
	tests := map[string]struct {
		events []Event
		now    float64
		want   want
	}{
		"nothing heard":       {nil, 0, want{}},
		"used and limit":      {one(account(0, usd(31.27), usd(50))), 10, want{usd(31.27), usd(50), usd(18.73)}},
		"overshoot":           {one(account(0, usd(50.036), usd(50))), 10, want{usd(50.036), usd(50), usd(0)}},
		"limit alone":         {one(account(0, unknownUSD, usd(50))), 10, want{unknownUSD, usd(50), unknownUSD}},
		"used alone":          {one(account(0, usd(3), unknownUSD)), 10, want{usd(3), unknownUSD, unknownUSD}},
		"told in two parts":   {one(account(0, usd(3), unknownUSD), account(5, unknownUSD, usd(50))), 10, want{usd(3), usd(50), usd(47)}},
		"nothing used":        {one(account(0, usd(0), usd(50))), 10, want{usd(0), usd(50), usd(50)}},
		"an older figure":     {one(account(10, usd(9), usd(50)), account(5, usd(8), unknownUSD)), 20, want{usd(9), usd(50), usd(41)}},
		"a cap of nothing":    {one(account(0, usd(1), usd(0))), 10, want{usd(1), usd(0), usd(0)}},
		"before midnight":     {one(account(0, usd(31), usd(50))), untilMidnight - 1, want{usd(31), usd(50), usd(19)}},
		"after midnight":      {one(account(0, usd(31), usd(50))), untilMidnight, want{unknownUSD, usd(50), unknownUSD}},
		"told after midnight": {one(account(0, usd(31), usd(50)), account(untilMidnight+9, usd(0.2), unknownUSD)), untilMidnight + 10, want{usd(0.2), usd(50), usd(49.8)}},
	}
	for name, tt := range tests {
		c := newTestLedger(t, tt.events).Snapshot(at(tt.now)).Cap
		if got := (want{c.Used, c.Limit, c.Remaining}); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
		if c.Period != PeriodDay || c.ResetSource != ResetAssumed || c.Estimated {
			t.Errorf("%s: period %s, reset %s, estimated %v", name, c.Period, c.ResetSource, c.Estimated)
		}
	}
}

func TestCapOfConfiguration(t *testing.T) {
	l := NewLedger(mustProfile(t, DefaultProfile), LedgerOptions{Cap: usd(20)})
	l.Observe(account(0, usd(5), unknownUSD))
	if c := l.Snapshot(at(1)).Cap; c.Limit != usd(20) || c.Remaining != usd(15) {
		t.Errorf("limit %v, remaining %v, want $20 and $15", c.Limit, c.Remaining)
	}
	l.Observe(account(2, unknownUSD, usd(50)))
	if c := l.Snapshot(at(3)).Cap; c.Limit != usd(50) {
		t.Errorf("limit %v, want the account's own, $50", c.Limit)
	}
}

func TestCapReset(t *testing.T) {
	utc := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
	}
	tests := map[string]struct {
		known  Account
		now    time.Time
		want   time.Time
		source string
	}{
		"assumed":                 {Account{}, utc(6, 17, 12, 0), utc(6, 18, 0, 0), ResetAssumed},
		"assumed, at midnight":    {Account{}, utc(6, 18, 0, 0), utc(6, 19, 0, 0), ResetAssumed},
		"assumed, the last night": {Account{}, utc(12, 31, 23, 59), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), ResetAssumed},
		"an hour of its own":      {Account{ResetsAt: utc(6, 18, 5, 30), Period: PeriodDay, ResetSource: ResetFromAPI}, utc(6, 17, 12, 0), utc(6, 18, 5, 30), ResetFromAPI},
		"the same, days later":    {Account{ResetsAt: utc(6, 18, 5, 30), Period: PeriodDay, ResetSource: ResetFromAPI}, utc(6, 25, 5, 30), utc(6, 26, 5, 30), ResetFromAPI},
		"the same, days before":   {Account{ResetsAt: utc(6, 18, 5, 30), Period: PeriodDay, ResetSource: ResetFromAPI}, utc(6, 10, 5, 29), utc(6, 10, 5, 30), ResetFromAPI},
		"month":                   {Account{ResetsAt: utc(7, 3, 11, 20), Period: PeriodMonth, ResetSource: ResetFromAPI}, utc(6, 17, 12, 0), utc(7, 3, 11, 20), ResetFromAPI},
		"month, after its end":    {Account{ResetsAt: utc(7, 3, 11, 20), Period: PeriodMonth, ResetSource: ResetFromAPI}, utc(7, 3, 11, 20), utc(8, 3, 11, 20), ResetFromAPI},
	}
	for name, tt := range tests {
		l := newTestLedger(t)
		l.Observe(Event{At: t0, Account: &tt.known})
		c := l.Snapshot(tt.now).Cap
		if !c.ResetsAt.Equal(tt.want) || c.ResetSource != tt.source {
			t.Errorf("%s: %v (%s), want %v (%s)", name, c.ResetsAt, c.ResetSource, tt.want, tt.source)
		}
	}
}

func TestCapOfAMonth(t *testing.T) {
	reset := time.Date(2026, 7, 3, 11, 20, 0, 0, time.UTC)
	month := Event{At: at(0), Account: &Account{ResetsAt: reset, Period: PeriodMonth, ResetSource: ResetFromAPI, Used: usd(284), Limit: usd(1500)}}
	l := newTestLedger(t, one(month))
	if c := l.Snapshot(at(5 * 86_400)).Cap; c.Period != PeriodMonth || c.Used != usd(284) || !c.ResetsAt.Equal(reset) {
		t.Errorf("five days on: %+v, want the month's figure still", c)
	}
	if c := l.Snapshot(reset).Cap; c.Used.Known() || c.Limit != usd(1500) {
		t.Errorf("in the next month: used %v of %v, want unknown of $1500", c.Used, c.Limit)
	}
}

func TestBurnAndExhaustion(t *testing.T) {
	tests := map[string]struct {
		events   []Event
		now      float64
		burn     Opt[Micros]
		exhausts Opt[time.Time]
	}{
		"one figure":                {one(account(0, usd(10), usd(50))), 10, unknownUSD, unknownTime},
		"two too close":             {one(account(0, usd(10), usd(50)), account(44, usd(11), unknownUSD)), 50, unknownUSD, unknownTime},
		"steady":                    {one(account(0, usd(10), usd(50)), account(60, usd(11), unknownUSD), account(120, usd(12), unknownUSD)), 125, usd(1), Some(at(120 + 38*60))},
		"lasts past the reset":      {one(account(0, usd(10), usd(50)), account(60, usd(10.01), unknownUSD)), 60, usd(0.01), unknownTime},
		"nothing is being spent":    {one(account(0, usd(10), usd(50)), account(60, usd(10), unknownUSD)), 60, usd(0), unknownTime},
		"exhausted":                 {one(account(0, usd(49), usd(50)), account(60, usd(51), unknownUSD)), 60, usd(2), Some(at(60))},
		"cap unknown":               {one(account(0, usd(10), unknownUSD), account(60, usd(11), unknownUSD)), 60, usd(1), unknownTime},
		"the last five minutes":     {one(account(0, usd(0), usd(50)), account(600, usd(10), unknownUSD), account(660, usd(11), unknownUSD), account(900, usd(15), unknownUSD)), 900, usd(1), Some(at(900 + 35*60))},
		"old figures":               {one(account(0, usd(10), usd(50)), account(60, usd(11), unknownUSD)), 361, unknownUSD, unknownTime},
		"across a reset":            {one(account(untilMidnight-60, usd(49), usd(50)), account(untilMidnight+5, usd(0), unknownUSD)), untilMidnight + 6, unknownUSD, unknownTime},
		"again after a reset":       {one(account(untilMidnight-60, usd(49), usd(50)), account(untilMidnight+5, usd(0), unknownUSD), account(untilMidnight+65, usd(3), unknownUSD)), untilMidnight + 66, usd(3), Some(at(untilMidnight + 65 + 47*60/3.0))},
		"from rows":                 {append(rowsCosting(0, 300, 0.01), read(0, 300)), 305, usd(0.6), unknownTime},
		"from rows, a young log":    {append(rowsCosting(240, 300, 0.01), read(240, 300)), 305, usd(0.6), unknownTime},
		"from rows, too young":      {append(rowsCosting(270, 300, 0.01), read(270, 300)), 305, unknownUSD, unknownTime},
		"from rows, long ago":       {append(rowsCosting(0, 300, 0.01), read(0, 300)), 601, unknownUSD, unknownTime},
		"nothing in the log either": {one(read(0, 300)), 305, usd(0), unknownTime},
	}
	for name, tt := range tests {
		c := newTestLedger(t, tt.events).Snapshot(at(tt.now)).Cap
		if c.BurnPerMin != tt.burn || c.ExhaustsAt != tt.exhausts {
			t.Errorf("%s: burn %v, exhausts %v, want %v, %v", name, c.BurnPerMin, c.ExhaustsAt, tt.burn, tt.exhausts)
		}
	}
}

// Spending goes on between two of the account's figures: the log's rows say how. The
// account's word corrects them.
func TestSpendBetweenPlans(t *testing.T) {
	plan := account(9.5, usd(10), usd(50))
	double := one(row(20, chatPath, 18, Dollar), row(20.2, "openai_compat", 18, Dollar))
	type look struct {
		now, asOf float64
		used      Opt[Micros]
		estimated bool
	}
	tests := map[string]struct {
		events []Event
		looks  look
	}{
		"nothing since":            {append(one(plan), rowsCosting(0, 10, 1)...), look{20, 9.5, usd(10), false}},
		"rows since":               {slices.Concat(one(plan), rowsCosting(5, 40, 0.5), one(read(0, 40))), look{41, 40, usd(25), false}},
		"a call that logs twice":   {slices.Concat(one(plan), double, one(read(0, 40))), look{41, 40, usd(11), false}},
		"the rows came first":      {slices.Concat(rowsCosting(10, 40, 0.5), one(plan)), look{41, 9.5, usd(25), false}},
		"the account's word":       {slices.Concat(one(plan), rowsCosting(5, 40, 0.5), one(read(0, 40), account(41, usd(24.5), unknownUSD))), look{42, 41, usd(24.5), false}},
		"an older word":            {slices.Concat(one(plan), rowsCosting(5, 40, 0.5), one(read(0, 40), account(9, usd(9), unknownUSD))), look{42, 40, usd(25), false}},
		"rows of the past":         {slices.Concat(one(plan), rowsCosting(5, 40, 0.5), one(read(0, 40)), rowsCosting(-600, -500, 1), one(read(-600, 0))), look{42, 40, usd(25), false}},
		"sampled":                  {one(plan, sampledCosting(0, 40, 400, 100, Dollar/10)), look{41, 40, usd(40.5), true}},
		"sampled, then the plan":   {one(plan, sampledCosting(0, 40, 400, 100, Dollar/10), account(60, usd(39), unknownUSD)), look{61, 60, usd(39), false}},
		"the log begins later":     {slices.Concat(one(plan), rowsCosting(30, 40, 0.5), one(read(30, 40))), look{41, 9.5, usd(15), false}},
		"rows of the next day":     {slices.Concat(one(plan), one(row(untilMidnight+5, "/inference", 1, Dollar))), look{untilMidnight - 1, 9.5, usd(10), false}},
		"the day after is unknown": {slices.Concat(one(plan), one(row(untilMidnight+5, "/inference", 1, Dollar))), look{untilMidnight + 10, -1, unknownUSD, false}},
	}
	for name, tt := range tests {
		l := newTestLedger(t, tt.events)
		for _, l := range []*Ledger{l, mustRestore(t, l)} {
			c, want := l.Snapshot(at(tt.looks.now)).Cap, tt.looks
			asOf := Some(at(want.asOf))
			if want.asOf < 0 {
				asOf = unknownTime
			}
			if c.Used != want.used || c.AsOf != asOf || c.Estimated != want.estimated {
				t.Errorf("%s: used %v, as of %v, estimated %v, want %v at %v, %v", name, c.Used, c.AsOf, c.Estimated, want.used, asOf, want.estimated)
			}
			if left := c.Remaining.Or(-1); c.Used.Known() && left != 50*Dollar-c.Used.Or(0) {
				t.Errorf("%s: %v left beside %v used", name, left, c.Used)
			}
		}
	}
}

// The burn rate and the time the cap runs out follow the rows, too.
func TestBurnBetweenPlans(t *testing.T) {
	events := slices.Concat(one(account(0, usd(10), usd(50)), account(59.5, usd(11), unknownUSD)), rowsCosting(0, 120, 0.05), one(read(0, 120)))
	c := newTestLedger(t, events).Snapshot(at(121)).Cap
	if c.Used != usd(14) || c.BurnPerMin != usd(2) || c.ExhaustsAt != Some(at(120+18*60)) {
		t.Errorf("used %v, burn %v, runs out at %v, want $14, $2 and 18 minutes after 120 s", c.Used, c.BurnPerMin, c.ExhaustsAt)
	}
}

// rowsCosting is a row a second.
func rowsCosting(from, to int, dollars float64) (events []Event) {
	for s := from; s < to; s++ {
		events = append(events, row(float64(s), "/inference", int64(s), MicrosFromUSD(dollars)))
	}
	return events
}

// Without plan-info the rows of the day stand in, once all of the day is read.
func TestCapFromRows(t *testing.T) {
	sinceMidnight := -untilMidnight
	spentToday := one(row(-60, "/inference", 1, 2*Dollar), row(60, "/inference", 1, 3*Dollar))
	yesterday := one(row(sinceMidnight-60, "/inference", 1, 7*Dollar))
	tests := map[string]struct {
		events []Event
		now    float64
		want   Opt[Micros]
	}{
		"all of the day was read":      {append(spentToday, read(sinceMidnight, 90)), 100, usd(5)},
		"read from yesterday on":       {append(append(yesterday, spentToday...), read(sinceMidnight-3600, 90)), 100, usd(5)},
		"yesterday's rows come late":   {append(append(spentToday, yesterday...), read(sinceMidnight-3600, 90)), 100, usd(5)},
		"a part of the day is missing": {append(spentToday, read(sinceMidnight+1, 90)), 100, unknownUSD},
		"no row today":                 {one(read(sinceMidnight, 90)), 100, unknownUSD},
		"the next day, before a row":   {append(spentToday, read(sinceMidnight, 90)), untilMidnight + 1, unknownUSD},
		"the account knows better":     {append(spentToday, read(sinceMidnight, 90), account(91, usd(4.5), unknownUSD)), 100, usd(4.5)},
		"sampled":                      {one(sampledCosting(sinceMidnight, 90, 600, 100, Dollar/100)), 100, usd(6)},
	}
	for name, tt := range tests {
		c := newTestLedger(t, tt.events).Snapshot(at(tt.now)).Cap
		if c.Used != tt.want || c.Estimated != (name == "sampled") {
			t.Errorf("%s: used %v, estimated %v, want %v", name, c.Used, c.Estimated, tt.want)
		}
	}
}

func sampledCosting(from, to float64, total, read int, each Micros) Event {
	e := sampledReading(from, to, total, map[string]int{"/inference": read})
	for i := range e.Reading.Rows {
		e.Reading.Rows[i].Cost = each
	}
	return e
}

// Rows since yesterday are not what a month cost.
func TestCapOfAMonthFromRows(t *testing.T) {
	month := Event{At: at(0), Account: &Account{ResetsAt: time.Date(2026, 7, 3, 0, 0, 0, 0, time.UTC), Period: PeriodMonth}}
	c := newTestLedger(t, one(month, row(60, "/inference", 1, Dollar), read(0, 90))).Snapshot(at(100)).Cap
	if c.Used.Known() {
		t.Errorf("used %v, want unknown: only 90 s of the month were read", c.Used)
	}
}

func TestCapRatio(t *testing.T) {
	for _, tt := range []struct {
		used, limit Opt[Micros]
		want        Opt[float64]
	}{
		{usd(25), usd(50), Some(0.5)}, {usd(51), usd(50), Some(1.02)}, {usd(1), usd(0), Opt[float64]{}},
		{unknownUSD, usd(50), Opt[float64]{}}, {usd(1), unknownUSD, Opt[float64]{}},
	} {
		if got := (Cap{Used: tt.used, Limit: tt.limit}).Ratio(); got != tt.want {
			t.Errorf("%v of %v: %v, want %v", tt.used, tt.limit, got, tt.want)
		}
	}
}

func TestMicros(t *testing.T) {
	if got := MicrosFromCredits(3127.418); got != 31_274_180 {
		t.Errorf("3127.418 credits are %d, want 31274180", got)
	}
	for _, tt := range []struct {
		m    Micros
		text string
	}{{31_274_180, "$31.27"}, {0, "$0.00"}, {-1_500_000, "-$1.50"}, {59, "$0.00"}} {
		if got := tt.m.String(); got != tt.text {
			t.Errorf("%d is %s, want %s", int64(tt.m), got, tt.text)
		}
	}
	for _, m := range []Micros{0, 1, 59, 31_274_180, -7} {
		data, err := m.MarshalJSON()
		var back Micros
		if err == nil {
			err = back.UnmarshalJSON(data)
		}
		if err != nil || back != m {
			t.Errorf("%d as JSON is %s and back %d, %v", int64(m), data, int64(back), err)
		}
	}
}
