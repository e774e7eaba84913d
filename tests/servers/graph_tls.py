"""A certificate authority for one test run, and what it signs: a server's name, an application's certificate."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def authority(folder: Path) -> tuple[Path, Path]:
    """Write an authority and a certificate of 127.0.0.1 that it signed: the authority's file, and the server's."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("A throw-away authority", "A throw-away authority", ca_key, ca_key, days=2, is_ca=True)
    server = _certificate("127.0.0.1", "A throw-away authority", key, ca_key, days=2, is_ca=False)
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    (folder / "server.pem").write_bytes(_pem(key) + server.public_bytes(Encoding.PEM))
    return folder / "ca.pem", folder / "server.pem"


def application_certificate(path: Path, days: int, passphrase: str = "") -> x509.Certificate:
    """Write a self-signed certificate with its key, as an administrator makes one for an application."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = _certificate("plancycle", "plancycle", key, key, days=days, is_ca=False)
    path.write_bytes(_pem(key, passphrase) + certificate.public_bytes(Encoding.PEM))
    return certificate


def _pem(key: Key, passphrase: str = "") -> bytes:
    lock: KeySerializationEncryption = NoEncryption()
    if passphrase:
        lock = BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def _certificate(name: str, issuer: str, key: Key, signer: Key, *, days: int, is_ca: bool) -> x509.Certificate:
    now = datetime.now(UTC)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority_key, critical=False)
    )
    if name == "127.0.0.1":
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))])
        builder = builder.add_extension(alternative, critical=False)
    return builder.sign(signer, hashes.SHA256())
