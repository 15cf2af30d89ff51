"""What a phone signs: each write carries a counter that only rises and a signature by the key of its session."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from sqlalchemy import and_, func, or_, select, update

from api.accounts.model import Account, AccountSession
from api.accounts.tokens import hash_of
from events.work import Work
from kit.refusal import Kind, Refusal

CURVE = ec.SECP256R1()
POINT_BYTES, HALF_BYTES = 65, 32
LARGEST_COUNTER = 2**53 - 1
"""The largest whole number that a page counts exactly."""


class PhoneKeyInvalid(Refusal):
    """A phone's session needs the phone's public key, an uncompressed point of P-256 in base64url; no other has one."""

    code = "session.phone_key_invalid"


class SignatureMissing(Refusal):
    """A write in a phone's session came without its counter and signature."""

    code = "session.signature_missing"
    kind = Kind.FORBIDDEN


class SignatureInvalid(Refusal):
    """The signature does not fit the write, or was made with another key."""

    code = "session.signature_invalid"
    kind = Kind.FORBIDDEN


class CounterUsed(Refusal):
    """The counter is not above the latest one: the write is a replay, or was overtaken by a later one."""

    code = "session.counter_used"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class SignedWrite:
    """A write as the phone signed it: `POST /api/v1/…`, the counter and the body, one after another on a line each."""

    method: str
    path: str
    counter: str
    signature: str
    body: bytes

    @property
    def message(self) -> bytes:
        """Return the bytes that are signed."""
        return f"{self.method} {self.path}\n{self.counter}\n".encode() + self.body


def read_key(text: str | None) -> bytes:
    """Return the public key that a phone presents; refuse `session.phone_key_invalid`."""
    try:
        point = _decoded(text or "")
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    except ValueError as error:
        raise PhoneKeyInvalid from error
    if len(point) != POINT_BYTES:
        raise PhoneKeyInvalid
    return point


async def counter_of(work: Work, account: Account, public_key: bytes) -> int:
    """Return how far a key has counted in the account's earlier sessions; 0 for a new one."""
    query = select(func.max(AccountSession.counter)).where(
        AccountSession.account_id == account.id, AccountSession.public_key == public_key
    )
    return (await work.session.execute(query)).scalar() or 0


async def take(work: Work, token: str, public_key: bytes, write: SignedWrite) -> None:
    """Check a write's signature and keep its counter.

    The latest write may come again, byte for byte: its answer was lost on the way, and the id of the act in it makes
    it harmless. Refuses `session.signature_missing`, `session.signature_invalid` and `session.counter_used`.
    """
    counter = int(write.counter) if write.counter.isascii() and write.counter.isdigit() else 0
    if not write.signature or not 1 <= counter <= LARGEST_COUNTER:
        raise SignatureMissing
    if not _fits(public_key, write):
        raise SignatureInvalid
    digest = hashlib.sha256(write.message).digest()
    statement = (
        update(AccountSession)
        .where(
            AccountSession.token_hash == hash_of(token),
            or_(
                AccountSession.counter < counter,
                and_(AccountSession.counter == counter, AccountSession.write_hash == digest),
            ),
        )
        .values(counter=counter, write_hash=digest)
        .returning(AccountSession.counter)
    )
    if (await work.session.execute(statement)).scalar() is None:
        latest = select(AccountSession.counter).where(AccountSession.token_hash == hash_of(token))
        raise CounterUsed(counter=counter, latest=(await work.session.execute(latest)).scalar_one())


def _fits(public_key: bytes, write: SignedWrite) -> bool:
    try:
        raw = _decoded(write.signature)
        if len(raw) != 2 * HALF_BYTES:
            return False
        der = encode_dss_signature(int.from_bytes(raw[:HALF_BYTES]), int.from_bytes(raw[HALF_BYTES:]))
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, public_key)
        key.verify(der, write.message, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def _decoded(text: str) -> bytes:
    """Decode base64url without padding, as WebCrypto's exports are written; raise ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
