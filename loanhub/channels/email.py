"""E-mail 邮件 by SMTP. The Message-ID comes from the message's key, so that what arrives twice is seen to be one."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage

from loanhub.channels._adapter import MessageChannel, Setting
from loanhub.channels._http import public_address
from loanhub.domain.messages import Outgoing, Receipt, Refused, Temporary, Unknown

SECURITY = (("tls", "TLS（465）"), ("starttls", "STARTTLS（587）"), ("none", "不加密（仅内网）"))
TIMEOUT_SECONDS = 15


def build(values: Mapping[str, str], message: Outgoing) -> EmailMessage:
    """Return the letter; headers are made by the library, which refuses line breaks in them."""
    letter = EmailMessage()
    sender = values["sender"]
    local, _, domain = sender.partition("@")
    letter["Subject"] = " ".join(message.title.split())
    letter["From"] = Address(values.get("sender_name", ""), local, domain)
    letter["To"] = message.recipient
    letter["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:32]}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n\n".join(part for part in (message.text, message.link) if part) or message.title)
    for one in message.attachments:
        main, _, sub = one.media_type.partition("/")
        letter.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return letter


def send(values: Mapping[str, str], message: Outgoing) -> Receipt:
    """Hand a letter to the mail server; see :class:`MessageChannel` for what it raises."""
    host, security = values["host"], values.get("security", "tls")
    port = int(values.get("port") or 465)
    letter = build(values, message)
    address = public_address(host, port)
    handed_over = False
    try:
        with _connect(host, address, port, security) as server:
            if values.get("user"):
                server.login(values["user"], values.get("password", ""))
            server.mail(values["sender"])
            code, answer = server.rcpt(message.recipient)
            if code not in (250, 251):
                raise smtplib.SMTPResponseException(code, answer)
            handed_over = True
            code, answer = server.data(letter.as_bytes())
            if code != 250:
                handed_over = False
                raise smtplib.SMTPResponseException(code, answer)
            # Taken: whatever goes wrong in saying goodbye changes nothing.
            return Receipt(answer.decode("ascii", "replace")[:80])
    except smtplib.SMTPAuthenticationError:
        raise Refused("邮件服务器不认账号或密码") from None
    except smtplib.SMTPResponseException as fault:
        kind = Temporary if 400 <= fault.smtp_code < 500 else Refused
        raise kind(f"邮件服务器返回 {fault.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as fault:
        words = f"和邮件服务器的连接断了：{type(fault).__name__}"
        raise (Unknown(words) if handed_over else Temporary(words)) from None


def _connect(host: str, address: str, port: int, security: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if security == "tls":
        raw: smtplib.SMTP = _Tls(host, context=context)
    else:
        raw = smtplib.SMTP(timeout=TIMEOUT_SECONDS)
    raw.connect(address, port)
    if security == "starttls":
        # The certificate is checked against the name, not against the address we resolved.
        raw._host = host  # type: ignore[attr-defined]
        raw.starttls(context=context)
    raw.ehlo_or_helo_if_needed()
    return raw


class _Tls(smtplib.SMTP_SSL):
    """TLS to an address, with the certificate checked against the name."""

    def __init__(self, name: str, *, context: ssl.SSLContext) -> None:
        self._name = name
        super().__init__(timeout=TIMEOUT_SECONDS, context=context)

    def _get_socket(self, host: str, port: int, timeout: float) -> ssl.SSLSocket:
        plain = smtplib.socket.create_connection((host, port), timeout)  # type: ignore[attr-defined]
        return self.context.wrap_socket(plain, server_hostname=self._name)  # type: ignore[attr-defined,no-any-return]


CHANNEL = MessageChannel(
    code="email",
    label="邮件",
    icon="mail",
    repeatable=False,
    send=send,
    settings=(
        Setting("host", "邮件服务器", required=True, help="例如 smtp.example.com"),
        Setting("port", "端口", required=True, default="465", kind="integer"),
        Setting("security", "加密", required=True, default="tls", kind="select", options=SECURITY),
        Setting("user", "账号"),
        Setting("password", "密码", secret=True),
        Setting("sender", "发件地址", required=True, help="例如 notice@example.com", kind="email"),
        Setting("sender_name", "发件人名称", default="贷通"),
    ),
)
