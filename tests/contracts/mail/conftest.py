"""Certificates, and each gateway with a peer that can be told how to answer."""

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.contracts.mail.peers import PASSWORD, USER, SendGridPeer, SmtpPeer, sendgrid_peer, smtp_peer

from oriel.infra.mail.gateway import Gateway
from oriel.infra.mail.sendgrid import SendGrid
from oriel.infra.mail.smtp import Security, Smtp

# For those who answer as well: on a busy machine a login over TLS takes its time.
TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1, as the server has it and as a client that trusts it does."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@dataclass(frozen=True)
class Rig:
    """A gateway, the provider behind it, and the same gateway with nothing behind it."""

    gateway: Gateway
    peer: SendGridPeer | SmtpPeer
    unreachable: Gateway


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    pem = _self_signed(tmp_path_factory.mktemp("tls") / "server.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return Certificate(server, ssl.create_default_context(cafile=str(pem)))


def _self_signed(pem: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail server of the tests")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return pem


@pytest.fixture(params=["sendgrid", "smtp with STARTTLS"])
def rig(request: pytest.FixtureRequest, certificate: Certificate) -> Iterator[Rig]:
    if request.param == "sendgrid":
        with sendgrid_peer() as api:
            key = "SG.key-for-tests"
            yield Rig(SendGrid(key, url=api.url, timeout_s=TIMEOUT_S), api, SendGrid(key, url="http://127.0.0.1:1"))
        return
    with smtp_peer(starttls=certificate.server, logs_in=True) as server:
        gateway = Smtp("127.0.0.1", server.port, USER, PASSWORD, Security.STARTTLS, TIMEOUT_S, certificate.client)
        yield Rig(gateway, server, Smtp("127.0.0.1", 1))
