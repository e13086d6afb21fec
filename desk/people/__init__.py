"""Staff: who may sign in, who is at the desk now, and the record of what they did."""

from desk.people.accounts import (
    ROLES,
    TALKS,
    Role,
    SignInRefused,
    StaffExists,
    add_staff,
    authenticate,
    ensure_demo_officer,
    find_staff,
    hash_password,
)
from desk.people.audits import audit
from desk.people.presence import (
    AWAY_AFTER,
    LOST_AFTER,
    at_the_desk,
    heartbeat,
    is_at_the_desk,
    set_available,
)
from desk.people.sessions import (
    IDLE_LIMIT,
    LONGEST,
    NewSession,
    SignedIn,
    end_session,
    find_session,
    start_session,
)

__all__ = [
    "AWAY_AFTER",
    "IDLE_LIMIT",
    "LONGEST",
    "LOST_AFTER",
    "ROLES",
    "TALKS",
    "NewSession",
    "Role",
    "SignInRefused",
    "SignedIn",
    "StaffExists",
    "add_staff",
    "at_the_desk",
    "audit",
    "authenticate",
    "end_session",
    "ensure_demo_officer",
    "find_session",
    "find_staff",
    "hash_password",
    "heartbeat",
    "is_at_the_desk",
    "set_available",
    "start_session",
]
