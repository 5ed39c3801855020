"""Keys and certificates, made anew for every test."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

# What Apple marks a certificate with: good for development, good for production.
APPLE_PUSH = ["1.2.840.113635.100.6.3.1", "1.2.840.113635.100.6.3.2"]
DER_NULL = b"\x05\x00"


def ec_key() -> str:
    """A key as Apple gives it out: P-256, PKCS #8, PEM."""
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def rsa_key() -> str:
    """A key as it stands in a service account's file: RSA 2048, PKCS #8, PEM."""
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def certificate(topic: str) -> tuple[str, str]:
    """A client certificate as Apple gives it out, and its key, PEM. The subject's UID is the topic."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.USER_ID, topic), x509.NameAttribute(NameOID.COMMON_NAME, topic)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    for mark in APPLE_PUSH:
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(mark), DER_NULL), False)
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode(), _pem(key)


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
