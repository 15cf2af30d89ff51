"""What the machine measures of itself: one typed list, labels from enumerations only, never an id or a name."""

from collections.abc import Awaitable, Callable

from prometheus_client import Counter, Gauge, Histogram

State = Callable[[], Awaitable[str]]
"""Returns the state of a part of a running program: `ok`, or what is wrong in a few words."""

_FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.08, 0.1, 0.2, 0.5, 1, 2, 5, 10)

HTTP_SECONDS = Histogram(
    "nowalls_http_request_seconds", "How long does an answer take?", ["method", "route", "status"], buckets=_FAST
)
HANDLER_SECONDS = Histogram(
    "nowalls_handler_seconds", "How long does one handler take for one event?", ["group", "type"], buckets=_FAST
)
HANDLER_LAG_SECONDS = Histogram(
    "nowalls_handler_lag_seconds",
    "How long after it was emitted is an event handled, and in which lane did it wait?",
    ["group", "lane"],
    buckets=(*_FAST, 20, 60, 300),
)
HANDLER_RETRIES = Counter("nowalls_handler_retries_total", "How often had a handler to be tried again?", ["group"])
LOOP_FAILURES = Counter("nowalls_loop_failures_total", "How often did a background loop or chore fail?", ["loop"])
DEAD_LETTERS = Counter("nowalls_dead_letters_total", "How many messages could not be handled?", ["group", "cause"])
REDELIVERED = Counter("nowalls_redelivered_total", "How many events had to be delivered again?", ["group"])
OUTBOX_WAITING = Gauge("nowalls_outbox_waiting", "How many emitted events wait to be delivered?")
OUTBOX_LAG_SECONDS = Gauge("nowalls_outbox_lag_seconds", "How old is the oldest event that waits to be delivered?")
GROUP_LAG = Gauge("nowalls_group_lag_messages", "How many messages has a consumer group not handled yet?", ["group"])
SEALED = Counter("nowalls_log_sealed_total", "How many events has the sealer chained?")
SIGNED = Gauge("nowalls_log_signed_number", "Up to which sealed event is the log's head signed outside the database?")
BUDGET_CHARGED = Gauge("nowalls_budget_charged_ratio", "Which part of the year's budget is charged by its visits?")
BACKUP_AT = Gauge("nowalls_backup_last_success_timestamp_seconds", "When was the newest scheduled backup made?")
DECISION_SECONDS = Histogram(
    "nowalls_dispatch_decision_seconds", "How long does one matching decision take?", ["outcome"], buckets=_FAST
)
DECISIONS = Counter("nowalls_dispatch_decisions_total", "Why was somebody looked for, and found?", ["cause", "outcome"])
DECISION_CANDIDATES = Histogram(
    "nowalls_dispatch_candidates",
    "How many workers could have been offered the visit?",
    buckets=(0, 1, 2, 5, 10, 20, 50, 100, 200, 500),
)
REPLANS = Counter(
    "nowalls_dispatch_replans_total", "Why was a company's day planned again, and did it help?", ["cause", "outcome"]
)
REPLAN_SECONDS = Histogram(
    "nowalls_dispatch_replan_seconds", "How long does planning a company's day again take?", ["cause"], buckets=_FAST
)
REPLAN_SAVED_SECONDS = Counter(
    "nowalls_dispatch_replan_saved_seconds_total", "How much travel has planning again saved?"
)
OVERRUNS = Counter("nowalls_dispatch_overruns_total", "What follows from visits that go on?", ["outcome"])
NIGHT_SECONDS = Histogram(
    "nowalls_dispatch_night_seconds",
    "How long does planning a day's standing orders take?",
    buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300),
)
NIGHT_REQUESTS = Counter(
    "nowalls_dispatch_night_requests_total", "What became of planned standing requests?", ["outcome"]
)
