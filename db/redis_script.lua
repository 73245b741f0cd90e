-- SPDX-License-Identifier: BSD-2-Clause
-- What db/decide.c and db/local.c do, done by the server in one step: whoever
-- changes one changes the other (t/unit/store.c compares them).
--
--   ARGV  verb now delay window age allow refresh slack [value [other]]
--
--   verb      KEYS                 answer
--   greylist  triplet [client]     { outcome, wait, delayed, count }
--   client    client               { ALLOWED }, or { 0 }: it must be asked
--   try       triplet              as greylist; then the values before and after
--   undo      triplet              { 0 }; value: before a try, other: after it
--   credit    client               { 0 }
--   merge     record               { 0 }; value: what somebody else learnt
--   expire    record               { removed }
--
-- An answer { -1 } means a record of a newer release, which is left alone.
-- Seconds since 1970; all zero: no such record.  Lua's numbers are doubles, and
-- hold ours exactly.

local verb, now, delay, window, age, allow, refresh, slack =
    ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]),
    tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local VERSION, SIZE, FORMAT, MAX = 1, 21, '>BI4I4I4I4I4', 4294967295
local NEW, EARLY, PASSED, KNOWN, ALLOWED, NEWER = 0, 1, 2, 3, 4, -1

-- nil: of a newer release, or none of these records.
local function parse(v)
	if #v ~= SIZE or v:byte(1) ~= VERSION then return nil end
	local _, expires, first, last, passed, count = struct.unpack(FORMAT, v)
	return { expires = expires, first = first, last = last, passed = passed, count = count }
end

local function read(key)
	local v = redis.call('GET', key)
	if v then return parse(v) end
	return { expires = 0, first = 0, last = 0, passed = 0, count = 0 }
end

local function u32(n) return math.max(0, math.min(n, MAX)) end

-- The server may forget a record some time after it has lost its meaning.
local function write(key, r)
	redis.call('SET', key, struct.pack(FORMAT, VERSION, u32(r.expires), u32(r.first), u32(r.last),
	    u32(r.passed), r.count), 'EX', math.max(r.expires - now, 0) + slack)
end

local function expires(r)
	return r.passed ~= 0 and r.last + age or r.first + window
end

local function save(key, r)
	r.expires = expires(r)
	write(key, r)
end

local function is_gone(r) return r.first == 0 or now > expires(r) end

-- A use worth writing down; whether it was.
local function use(r)
	if now >= r.last and now - r.last < refresh then return false end
	r.last = now
	r.count = math.min(r.count + 1, MAX)
	return true
end

local function client_allowed(key)
	local r = read(key)
	if not r then return nil end
	if is_gone(r) or r.count < allow then return false end
	if use(r) then save(key, r) end
	return true
end

local function client_credit(key)
	local r = read(key)
	if not r then return { NEWER } end
	if is_gone(r) then
		save(key, { first = now, last = now, passed = now, count = 1 })
	elseif use(r) then
		save(key, r)
	end
	return { 0 }
end

local function triplet_decide(key)
	local r = read(key)
	if not r then return { NEWER } end
	local is_new, outcome, wait = is_gone(r), PASSED, 0
	if not is_new and r.passed ~= 0 then
		local count = r.count
		if use(r) then save(key, r) end
		return { KNOWN, 0, 0, count }
	end
	if is_new then r = { first = now, last = now, passed = 0, count = 0 } end
	r.first = math.min(r.first, now)
	r.last = now
	r.count = math.min(r.count + 1, MAX)
	local delayed = now - r.first
	if delayed < delay then
		outcome = is_new and NEW or EARLY
		wait = delay - delayed
	else
		r.passed = now
	end
	save(key, r)
	return { outcome, wait, delayed, r.count }
end

local function try(key)
	local before = redis.call('GET', key)
	local answer = triplet_decide(key)
	answer[5] = before or ''
	answer[6] = redis.call('GET', key) or ''
	return answer
end

-- Unless somebody came in between.
local function undo(key, before, after)
	if redis.call('GET', key) ~= after then return { 0 } end
	if before == '' then redis.call('DEL', key) else write(key, parse(before)) end
	return { 0 }
end

local function greylist(triplet, client)
	local allowed = false
	if client then
		allowed = client_allowed(client)
		if allowed == nil then return { NEWER } end
	end
	if allowed then return { ALLOWED, 0, 0, 0 } end
	local answer = triplet_decide(triplet)
	if client and answer[1] == PASSED then client_credit(client) end
	return answer
end

local function earliest(a, b)
	if a == 0 or b == 0 then return math.max(a, b) end
	return math.min(a, b)
end

-- Commutative, associative, and the same again changes nothing: any order will do.
local function merge(key, value)
	local r, o = read(key), parse(value)
	if not r then return { NEWER } end
	if not o or now > o.expires then return { 0 } end
	if r.first == 0 or now > r.expires then r = o end
	write(key, { expires = math.max(r.expires, o.expires), first = earliest(r.first, o.first),
	    last = math.max(r.last, o.last), passed = earliest(r.passed, o.passed),
	    count = math.max(r.count, o.count) })
	return { 0 }
end

-- Of any kind of record, by its head alone.
local function expire(key)
	local v = redis.call('GET', key)
	if not v or #v < 5 or v:byte(1) ~= VERSION then return { 0 } end
	local _, when = struct.unpack('>BI4', v)
	if when == 0 or now <= when then return { 0 } end
	return { redis.call('DEL', key) }
end

if verb == 'greylist' then return greylist(KEYS[1], KEYS[2]) end
if verb == 'client' then
	local allowed = client_allowed(KEYS[1])
	return { allowed == nil and NEWER or allowed and ALLOWED or 0 }
end
if verb == 'try' then return try(KEYS[1]) end
if verb == 'undo' then return undo(KEYS[1], ARGV[9], ARGV[10]) end
if verb == 'credit' then return client_credit(KEYS[1]) end
if verb == 'merge' then return merge(KEYS[1], ARGV[9]) end
if verb == 'expire' then return expire(KEYS[1]) end
return redis.error_reply('ERR no such verb')
