"""Who may do what: one table, deny by default.

Every route names one action, and an action that is not here is nobody's. The table decides the verb; which rows a
company's people see is decided by their database role and its row policies (`kit.database`).
"""

from kit.access.actor import Actor
from kit.access.roles import Role
from kit.refusal import Kind, Refusal

_OPERATOR, _PROVIDER, _WORKER = Role.OPERATOR, Role.PROVIDER, Role.WORKER
_FINANCE, _MANAGER, _ADMINISTRATOR = Role.FINANCE, Role.MANAGER, Role.ADMINISTRATOR
_EVERYBODY = frozenset(Role) - {Role.SYSTEM}

POLICY: dict[str, frozenset[Role]] = {
    # the own account
    "account.read": _EVERYBODY,
    "account.change": _EVERYBODY,
    "live.listen": _EVERYBODY,
    # accounts, dead letters, rules, the log
    "accounts.read": frozenset({_ADMINISTRATOR}),
    "accounts.change": frozenset({_ADMINISTRATOR}),
    "dead_letters.read": frozenset({_ADMINISTRATOR, _MANAGER}),
    "dead_letters.change": frozenset({_ADMINISTRATOR}),
    "rules.read": frozenset({_ADMINISTRATOR, _MANAGER, _FINANCE}),
    "rules.change": frozenset({_MANAGER}),
    "rules.backdate": frozenset({_MANAGER}),
    "log.verify": frozenset({_ADMINISTRATOR, _MANAGER, _FINANCE}),
    # registry
    "people.find": frozenset({_OPERATOR, _MANAGER}),
    "people.read": frozenset({_OPERATOR, _MANAGER, _PROVIDER, _WORKER}),  # companies: only whom they may visit
    "people.register": frozenset({_OPERATOR, _MANAGER}),
    "people.change": frozenset({_OPERATOR, _MANAGER}),
    "people.death.report": frozenset({_OPERATOR, _MANAGER}),
    "people.death.confirm": frozenset({_MANAGER}),
    "people.death.correct": frozenset({_MANAGER}),
    "people.facts.read": frozenset({_OPERATOR, _MANAGER}),
    "people.facts.change": frozenset({_OPERATOR, _MANAGER}),
    "people.addresses": frozenset({_OPERATOR, _MANAGER}),
    "people.reveal": frozenset({_OPERATOR, _MANAGER, _FINANCE}),
    "people.erase": frozenset({_MANAGER}),
    "people.audit": frozenset({_MANAGER}),
    "households.read": frozenset({_OPERATOR, _MANAGER}),
    "households.change": frozenset({_OPERATOR, _MANAGER}),
    "divisions.read": _EVERYBODY,
    "divisions.change": frozenset({_MANAGER}),
    "divisions.place": frozenset({_OPERATOR, _MANAGER}),
    # catalogue and roster
    "catalogue.read": _EVERYBODY,
    "catalogue.change": frozenset({_MANAGER}),
    "companies.read": frozenset({_OPERATOR, _MANAGER, _FINANCE, _PROVIDER}),
    "companies.change": frozenset({_MANAGER}),
    "companies.account.read": frozenset({_MANAGER, _FINANCE, _PROVIDER}),
    "companies.account.change": frozenset({_MANAGER, _FINANCE}),
    "contracts.read": frozenset({_MANAGER, _FINANCE, _PROVIDER}),
    "workers.read": frozenset({_MANAGER, _PROVIDER}),
    "workers.change": frozenset({_PROVIDER, _MANAGER}),
    "workers.absence": frozenset({_PROVIDER, _MANAGER}),
    # enrolment, requests
    "enrolments.read": frozenset({_OPERATOR, _MANAGER, _FINANCE}),
    "enrolments.change": frozenset({_OPERATOR, _MANAGER}),
    "enrolments.decide": frozenset({_MANAGER}),
    "requests.read": frozenset({_OPERATOR, _MANAGER}),
    "requests.place": frozenset({_OPERATOR}),
    "requests.cancel": frozenset({_OPERATOR, _MANAGER}),
    "standing_orders.read": frozenset({_OPERATOR, _MANAGER}),
    "standing_orders.change": frozenset({_OPERATOR}),
    "decisions.read": frozenset({_OPERATOR, _MANAGER}),
    # offers, visits
    "offers.read": frozenset({_PROVIDER, _WORKER, _MANAGER}),
    "offers.answer": frozenset({_PROVIDER, _WORKER}),
    "visits.read": frozenset({_PROVIDER, _WORKER, _OPERATOR, _MANAGER}),
    "visits.act": frozenset({_WORKER}),
    "visits.codes": frozenset({_OPERATOR}),
    "visits.change": frozenset({_OPERATOR, _MANAGER}),
    "visits.reassign": frozenset({_PROVIDER, _OPERATOR, _MANAGER}),
    "visits.evidence": frozenset({_PROVIDER, _WORKER, _OPERATOR, _MANAGER}),
    "visits.decide": frozenset({_MANAGER}),
    # escalation
    "cases.read": frozenset({_OPERATOR, _MANAGER}),
    "cases.change": frozenset({_OPERATOR, _MANAGER}),
    # satisfaction
    "callbacks.read": frozenset({_OPERATOR}),
    "callbacks.record": frozenset({_OPERATOR}),
    "complaints.read": frozenset({_OPERATOR, _MANAGER}),
    "draws.read": frozenset({_OPERATOR, _MANAGER, _FINANCE}),  # the lists name every company's visits
    "complaints.receive": frozenset({_OPERATOR}),
    "complaints.decide": frozenset({_MANAGER}),
    "rates.read": frozenset({_MANAGER, _FINANCE, _OPERATOR, _PROVIDER}),
    # settlement
    "charges.adjust": frozenset({_FINANCE}),
    "ledger.read": frozenset({_FINANCE, _MANAGER}),
    "charges.read": frozenset({_FINANCE, _MANAGER, _PROVIDER}),
    "statements.read": frozenset({_FINANCE, _MANAGER, _PROVIDER}),
    "statements.draw_up": frozenset({_FINANCE}),
    "statements.confirm": frozenset({_PROVIDER}),
    "statements.dispute": frozenset({_PROVIDER}),
    "statements.decide": frozenset({_MANAGER}),
    "statements.approve": frozenset({_FINANCE, _MANAGER}),
    "statements.pay": frozenset({_FINANCE}),
    "statements.payment_file": frozenset({_FINANCE}),
    "statements.recompute": frozenset({_FINANCE, _MANAGER}),
    # boards
    "funnel.read": frozenset({_OPERATOR, _MANAGER, _FINANCE}),
    "metrics.read": frozenset({_ADMINISTRATOR, _MANAGER}),
}


OPEN_TO_ALL = frozenset({"sign_in", "get_health", "get_metrics", "get_funnel", "watch_funnel", "rate_visit"})
"""The routes, by name, that ask for nobody's session; any other that names no action stops the program's start."""


class NotAllowed(Refusal):
    """The role may not do what was asked."""

    code = "actor.not_allowed"
    kind = Kind.FORBIDDEN


def allows(actor: Actor, action: str) -> bool:
    """Tell whether the table gives this role the action."""
    return actor.role in POLICY.get(action, frozenset())


def demand(actor: Actor, action: str) -> None:
    """Refuse `actor.not_allowed` unless the table gives this role the action."""
    if not allows(actor, action):
        raise NotAllowed(action=action, role=actor.role.value)
