-- Asks as the environment says; prints what became of it as one line of JSON.
wrk.headers["Accept-Encoding"] = "br, gzip"
if os.getenv("BODY") then
  wrk.method = "POST"
  wrk.body = os.getenv("BODY")
  wrk.headers["Content-Type"] = "application/json"
end

done = function(summary, latency)
  local e = summary.errors
  local form = '{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}\n'
  local lost = e.connect + e.read + e.write + e.timeout + e.status
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  io.write(form:format(summary.requests, summary.duration / 1e6, p50, p99, lost))
end
