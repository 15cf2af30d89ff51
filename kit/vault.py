"""Personal data at rest: AES-256-GCM under one data key a person, blind indexes where a value must be found; signing.

The master key wraps each data key; a ciphertext is bound to its table, column and row (associated data), so that it
cannot be moved. Destroying a person's data key erases every value sealed under it while chains and totals stay whole.
"""

import base64
import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Vault:
    """Seal, open and index personal values, and sign; `master` is 64 random bytes, half to wrap, half for indexes."""

    def __init__(self, master: bytes) -> None:
        if len(master) != 64:
            message = "the master key must be 64 bytes"
            raise ValueError(message)
        self._wrapping = AESGCM(master[:32])
        self._index_key = master[32:]
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"nowalls log head").derive(master)
        self._signing_key = Ed25519PrivateKey.from_private_bytes(seed)

    def new_key(self) -> bytes:
        """Make a data key for one person; returned wrapped, 60 bytes, to be stored with the person."""
        nonce = os.urandom(_NONCE)
        return nonce + self._wrapping.encrypt(nonce, AESGCM.generate_key(256), b"data-key")

    def seal(self, wrapped: bytes, context: str, text: str) -> bytes:
        """Encrypt a value under a person's key; `context` is `table|column|row id` and must be given again to open."""
        nonce = os.urandom(_NONCE)
        return nonce + self._key(wrapped).encrypt(nonce, text.encode(), context.encode())

    def open(self, wrapped: bytes, context: str, sealed: bytes) -> str:
        """Decrypt a value; a moved, altered or foreign ciphertext raises `cryptography.exceptions.InvalidTag`."""
        return self._key(wrapped).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode()).decode()

    def blind(self, kind: str, normalised: str) -> bytes:
        """Return the 32-byte blind index of a normalised value; `kind` keeps phone and ID spaces apart."""
        return hmac.digest(self._index_key, f"{kind}\x1f{normalised}".encode(), hashlib.sha256)

    def token(self, kind: str, *parts: str) -> str:
        """Return a 22-character token that only this installation can make from these parts."""
        mac = hmac.digest(self._index_key, "\x1f".join(("token", kind, *parts)).encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")

    def sign(self, message: bytes) -> bytes:
        """Sign with the installation's Ed25519 key, which follows from the master key; 64 bytes."""
        return self._signing_key.sign(message)

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Tell whether this installation signed these bytes."""
        try:
            self._signing_key.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes with which anybody can check what this installation signed."""
        return self._signing_key.public_key().public_bytes_raw()

    def _key(self, wrapped: bytes) -> AESGCM:
        return AESGCM(self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], b"data-key"))


def open_vault(home: Path) -> Vault:
    """Read the master key from `home/keys/master`, made at the first start and readable by its owner alone."""
    path = home / "keys" / "master"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(64))
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, fails when another process was first: its key then stands.
        with suppress(FileExistsError):
            os.link(path.with_suffix(".new"), path)
        path.with_suffix(".new").unlink(missing_ok=True)
    return Vault(path.read_bytes())
