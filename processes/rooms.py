"""The one list of rooms: every package that owns tables, handlers, rules, routers, chores or kinds of lists."""

from api.accounts.room import ROOM as ACCOUNTS
from api.room import ROOM as API
from civil.homecare.room import ROOM as HOMECARE
from civil.modules import ROOMS as CIVIL_ROOMS
from civil.report.room import ROOM as REPORT
from civil.room import ROOM as CIVIL
from dispatch.calls.room import ROOM as CALLS
from dispatch.enrolment.room import ROOM as ENROLMENT
from dispatch.escalation.room import ROOM as ESCALATION
from dispatch.matching.room import ROOM as MATCHING
from dispatch.requests.room import ROOM as REQUESTS
from dispatch.room import ROOM as DISPATCH
from dispatch.visits.room import ROOM as VISITS
from events.room import ROOM as EVENTS
from kit.china.room import ROOM as CHINA
from kit.room import Room
from providers.catalogue.room import ROOM as CATALOGUE
from providers.room import ROOM as PROVIDERS
from providers.roster.room import ROOM as ROSTER
from providers.satisfaction.room import ROOM as SATISFACTION
from providers.settlement.closing.room import ROOM as CLOSING
from providers.settlement.review.room import ROOM as REVIEW
from providers.settlement.room import ROOM as SETTLEMENT
from registry.room import ROOM as REGISTRY
from simulations.room import ROOM as SIMULATIONS

ROOMS: tuple[Room, ...] = (
    CHINA,
    EVENTS,
    REGISTRY,
    CATALOGUE,
    ROSTER,
    SATISFACTION,
    SETTLEMENT,
    REVIEW,
    CLOSING,
    PROVIDERS,
    CALLS,
    ENROLMENT,
    REQUESTS,
    VISITS,
    MATCHING,
    ESCALATION,
    DISPATCH,
    *CIVIL_ROOMS,
    HOMECARE,
    REPORT,
    CIVIL,
    ACCOUNTS,
    API,
    SIMULATIONS,
)
