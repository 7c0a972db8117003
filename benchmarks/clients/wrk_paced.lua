-- As wrk_post.lua, with a pause between two requests of a connection, drawn uniformly as Locust's `between`.
dofile(os.getenv("BENCHMARK_CLIENTS") .. "/wrk_post.lua")

local low, high = os.getenv("BENCHMARK_WAIT"):match("(%S+) (%S+)")

function init()
  math.randomseed(os.time())
end

function delay()
  return math.floor(1000 * (low + (high - low) * math.random()))
end

function done(_, latency)
  io.write(string.format("median %.3f ms\n", latency:percentile(50) / 1000))
end
