-- The same request as every other client. Made once: wrk then calls no Lua while it runs.
local file = assert(io.open(os.getenv("BENCHMARK_PAYLOAD"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
file:close()
