package tail

import "bytes"

// An unreadable is the output of a tool that has no line for each call, or none
// that can be read, and what to do about it.
type unreadable struct {
	all    []string // texts that are in it
	tool   string
	advice string
}

// unreadables are tried in turn.
var unreadables = []unreadable{
	{[]string{"Attack", "Seq", "Code", "Timestamp", "Latency"}, "vegeta's binary results", "use vegeta encode FILE > FILE.json"},
	{[]string{"Requests      [total, rate"}, "vegeta's report", "use vegeta encode on the results, or --tap"},
	{[]string{"This is ApacheBench"}, "ab's summary", "it has no line for each call: send the run through --tap"},
	{[]string{"Complete requests:", "Concurrency Level:"}, "ab's summary", "it has no line for each call: send the run through --tap"},
	{[]string{"starttime\tseconds\tctime"}, "ab's data for gnuplot", "it has no status: send the run through --tap"},
	{[]string{"response-time,DNS+dialup"}, "hey's CSV", "it has no times of day: send the run through --tap"},
	{[]string{"Response time histogram", "Status code distribution"}, "a summary of hey or oha", "it has no line for each call: send the run through --tap"},
	{[]string{"Thread Stats", "Latency", "Req/Sec"}, "wrk's summary", "it has no line for each call: send the run through --tap"},
	{[]string{"connections", "Req/Sec", "Stat"}, "autocannon's summary", "it has no line for each call: send the run through --tap"},
	{[]string{"Summary report @"}, "artillery's summary", "it has no line for each call: send the run through --tap"},
	{[]string{"http.codes.", "http.requests"}, "artillery's summary", "it has no line for each call: send the run through --tap"},
	{[]string{`"aggregate"`, `"counters"`}, "artillery's report", "it has no line for each call: send the run through --tap"},
	{[]string{"http_req_duration", "http_reqs", "iterations"}, "k6's summary", "run k6 with --out json=FILE"},
	{[]string{"Type,Name,Request Count,Failure Count"}, "Locust's stats CSV without history", "run locust with --csv-full-history, or use --tap"},
	{[]string{`"Type","Name","Request Count"`}, "Locust's stats CSV without history", "run locust with --csv-full-history, or use --tap"},
	{[]string{"Count,Message,Traceback,Nodes"}, "Locust's exceptions CSV", "follow NAME_stats_history.csv of locust --csv-full-history"},
	{[]string{"# reqs", "# fails"}, "Locust's table", "run locust with --csv NAME --csv-full-history, or use --tap"},
	{[]string{"<testResults"}, "JMeter's results in XML", "set jmeter.save.saveservice.output_format=csv"},
	{[]string{"<httpSample"}, "JMeter's results in XML", "set jmeter.save.saveservice.output_format=csv"},
	{[]string{`"log"`, `"entries"`, `"request"`}, "a HAR file", "use quotatop report FILE"},
	{[]string{"SQLite format 3"}, "an SQLite database", "send the run through --tap"},
	{[]string{"PAR1"}, "a Parquet file", "send the run through --tap"},
	{[]string{"\xd4\xc3\xb2\xa1"}, "a packet capture", "send the run through --tap"},
	{[]string{"<!DOCTYPE html"}, "an HTML page", "follow the log of the run itself, or use --tap"},
}

// advice says what to do about a log that is not understood, by its start.
func advice(sample []byte) string {
	for _, u := range unreadables {
		found := true
		for _, text := range u.all {
			found = found && bytes.Contains(sample, []byte(text))
		}
		if found {
			return "looks like " + u.tool + ": " + u.advice
		}
	}
	if bytes.IndexByte(sample, 0) >= 0 {
		return "it is not text: send the run through --tap"
	}
	return "set --tail-format, or use --tap"
}
