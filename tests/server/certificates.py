"""Certificate authorities for tests of TLS between machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Files:
    """The files of an authority, and of one certificate that it signed."""

    ca: Path
    cert: Path
    key: Path


def certified(folder: Path, name: str) -> Files:
    """A new authority and a certificate of it."""
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _named(f"{name} authority")
    made = Files(*(folder / f"{name}.{part}.pem" for part in ("ca", "cert", "key")))
    _write(made.ca, _signed(issuer, issuer, authority, authority, authority=True))
    _write(made.cert, _signed(_named(name), issuer, own, authority, authority=False))
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    made.key.write_bytes(own.private_bytes(serialization.Encoding.PEM, kind, plain))
    return made


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    own: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    now, number = datetime.now(UTC), x509.random_serial_number()
    builder = x509.CertificateBuilder(issuer, subject, own.public_key(), number, now - DAY, now + DAY)
    return builder.add_extension(x509.BasicConstraints(authority, None), critical=True).sign(signer, hashes.SHA256())


def _write(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
