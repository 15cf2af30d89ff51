"""How a process reaches Apache Kafka: the addresses, and the account that it signs in with where brokers want one."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faststream.security import BaseSecurity, SASLPlaintext

from kit.settings import Settings

MECHANISM = "PLAIN"
"""User and password, inside TLS alone; where the brokers keep them is their own affair."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The brokers of one cluster.

    With `user`, everything goes over TLS, checked against `ca` (without one: the machine's own authorities), and begins
    with the account's password.
    """

    servers: str
    user: str | None = None
    password: str = field(default="", repr=False)
    ca: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Cluster | None":
        """Return the cluster that the settings name, None where they name none."""
        if settings.kafka is None:
            return None
        return cls(settings.kafka, settings.kafka_user, settings.kafka_password or "", settings.kafka_ca)

    @property
    def addresses(self) -> list[str]:
        """Return `host:port` of each broker to begin with."""
        return self.servers.split(",")

    def admin(self) -> dict[str, Any]:
        """Return what kafka-python's clients are opened with."""
        secured = {"ssl_cafile": str(self.ca)} if self.ca else {}
        return {"bootstrap_servers": self.addresses, **self._account(), **(secured if self.user else {})}

    def client(self) -> dict[str, Any]:
        """Return what aiokafka's clients are opened with."""
        secured = {"ssl_context": self._tls()} if self.user else {}
        return {"bootstrap_servers": self.addresses, **self._account(), **secured}

    def security(self) -> BaseSecurity | None:
        """Return what FastStream's broker is opened with."""
        if self.user is None:
            return None
        return SASLPlaintext(self.user, self.password, ssl_context=self._tls(), use_ssl=True)

    def _account(self) -> dict[str, str]:
        if self.user is None:
            return {}
        return {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
