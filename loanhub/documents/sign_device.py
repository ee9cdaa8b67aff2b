"""A seal's key that never leaves its device 密码设备: reached by PKCS#11 through the maker's driver."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from loanhub.documents import sign_seal
from loanhub.documents.sign_seal import UnreadableCertificate

# A token knows one log-in a process: two sessions at once would refuse each other, or end each other's.
_one_session = threading.Lock()


@dataclass(frozen=True)
class KeyInDevice:
    """Signs with a key in a PKCS#11 device; ``certificate`` and ``chain`` are PEM, the device need not hold them."""

    module: str
    token: str
    pin: str
    key_label: str
    certificate: str
    chain: tuple[str, ...] = ()

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """Give pyHanko's signer of the device's key; the device is let go when the block ends.

        Raises:
            UnreadableCertificate: driver, device, PIN or key are not what was said; at the field that is wrong.
        """
        from pyhanko.sign.pkcs11 import PKCS11Signer

        with _one_session:
            session = self._session()
            try:
                signer = PKCS11Signer(
                    session, signing_cert=sign_seal.asn1(self.certificate), key_label=self.key_label,
                    ca_chain=[sign_seal.asn1(one) for one in self.chain],
                )  # fmt: skip
                yield signer
            finally:
                session.close()

    def _session(self) -> Any:
        import pkcs11
        from pkcs11 import exceptions as faults

        try:
            library = pkcs11.lib(self.module)
            device = library.get_token(token_label=self.token)
        except faults.NoSuchToken:
            raise UnreadableCertificate("没有找到这个标签的设备，检查是否插好", "token") from None
        except faults.MultipleTokensReturned:
            raise UnreadableCertificate("有几个设备都是这个标签，改成不同的再试", "token") from None
        except (faults.PKCS11Error, RuntimeError, OSError) as fault:
            raise UnreadableCertificate(
                f"驱动打不开（{type(fault).__name__}），检查路径", "module"
            ) from fault
        try:
            session = device.open(user_pin=self.pin)
        except (faults.PinIncorrect, faults.PinInvalid, faults.PinLenRange):
            raise UnreadableCertificate("PIN 码不对；连续输错，设备会锁住", "pin") from None
        except faults.PinLocked:
            raise UnreadableCertificate("设备已锁住，请用管理员口令解锁", "pin") from None
        except faults.PKCS11Error as fault:
            raise UnreadableCertificate(f"设备打不开（{type(fault).__name__}）", "token") from fault
        try:
            session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.key_label)
        except (faults.NoSuchKey, faults.MultipleObjectsReturned) as fault:
            session.close()
            found = "没有" if isinstance(fault, faults.NoSuchKey) else "不止一把"
            raise UnreadableCertificate(f"设备里{found}这个标签的私钥", "key_label") from None
        return session


def try_out(maker: KeyInDevice) -> None:
    """Sign a blank page with the device, and see that the certificate is the key's.

    Raises:
        UnreadableCertificate: see :meth:`KeyInDevice.opened`, or key and certificate are no pair.
    """
    try:
        signed = sign_seal.seal(blank_page(), maker, stamper=None, reason="试签", place="", signer_name="")
    except UnreadableCertificate:
        raise
    except Exception as fault:  # the device's own errors are many and of no common kind
        raise UnreadableCertificate(f"设备没有签成（{type(fault).__name__}）", "key_label") from fault
    if not sign_seal.check(signed, trusted=[maker.certificate]).intact:
        raise UnreadableCertificate("这张证书和设备里的私钥不是一对", "certificate")


def blank_page() -> bytes:
    """Return a small PDF with nothing on it."""
    from pypdf import PdfWriter

    made, pages = io.BytesIO(), PdfWriter()
    pages.add_blank_page(72, 72)
    pages.write(made)
    return made.getvalue()
