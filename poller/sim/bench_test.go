package sim

import (
	"fmt"
	"testing"
	"time"
)

func BenchmarkCall(b *testing.B) {
	s, _ := newServer(Options{CapUSD: -1})
	now, addresses := noon, make([]string, 200)
	for i := range addresses {
		addresses[i] = fmt.Sprint("10.1.1.", i)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		now = now.Add(4 * time.Millisecond) // 15,000 a minute
		if r := s.Call(Call{At: now, IP: addresses[n%len(addresses)], Path: "/gliner-2/extract"}); r.Status != 200 {
			b.Fatal(r)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	s, _ := newServer(Options{CapUSD: -1})
	l := &s.log
	for i := range micros(1_000_000) {
		at := noon.UnixMicro() - 3_600*perSecond + i*3_600
		l.add(row{created: at, shown: at + 3*perSecond, seq: uint64(i), endpoint: l.name("/inference"), model: l.name(modelGLiNER)}, at)
	}
	for name, query := range map[string]string{
		"first": "page=1&page_size=100",
		"deep":  "page=9000&page_size=100",
		"since": "page=3&page_size=100&start_date=2026-06-17T11:30:00Z",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := do(s, "GET", "/billing/usage/requests?"+query, "", "X-Forwarded-For", pollAddress()); w.Code != 200 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
