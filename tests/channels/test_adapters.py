"""The ways out against real servers: what is handed over, how it is signed, and what a failure means."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
from dataclasses import replace

import pytest

from loanhub.channels import check_url, dingtalk, feishu, registry, sms
from loanhub.channels._http import post, public_address
from loanhub.domain.errors import InvalidInput
from loanhub.domain.messages import Attachment, Outgoing, Refused, Temporary, Unknown
from loanhub.domain.webhooks import is_signed
from tests.channels.servers import gateway, mail_server

MESSAGE = Outgoing("k-1", "li@example.com", "新线索分给你", "XS-01", "http://localhost:8080/leads", "林若溪")
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


class TestEmail:
    def settings(self, port: int) -> dict[str, str]:
        return {"host": "127.0.0.1", "port": str(port), "security": "none", "sender": "notice@example.com",
                "sender_name": "贷通"}  # fmt: skip

    def test_hands_over_a_letter_with_one_number_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with mail_server(monkeypatch) as box:
            receipt = registry()["email"].send(self.settings(box.port), MESSAGE)
            registry()["email"].send(self.settings(box.port), MESSAGE)

        first, second = (email.message_from_string(one, policy=email.policy.default) for one in box.letters)
        assert (first["Subject"], first["To"]) == ("新线索分给你", "li@example.com")
        assert "XS-01" in first.get_content() and "/leads" in first.get_content()
        assert first["Message-ID"] == second["Message-ID"]
        assert "Q7" in receipt.provider_id

    def test_files_go_with_it_under_their_own_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        files = (
            Attachment("放款 日报.pdf", "application/pdf", b"%PDF-1.7"),
            Attachment("b.xlsx", "application/x", b"PK"),
        )
        with mail_server(monkeypatch) as box:
            registry()["email"].send(self.settings(box.port), replace(MESSAGE, attachments=files))

        letter = email.message_from_string(box.letters[0], policy=email.policy.default)
        got = [
            (one.get_filename(), one.get_content_type(), one.get_content())
            for one in letter.iter_attachments()
        ]
        assert got == [(one.name, one.media_type, one.content) for one in files]
        assert "XS-01" in letter.get_body(("plain",)).get_content()

    @pytest.mark.parametrize(("answer", "fault"), [("450 later", Temporary), ("550 no such user", Refused)])
    def test_tells_later_from_never(
        self, monkeypatch: pytest.MonkeyPatch, answer: str, fault: type[Exception]
    ) -> None:
        with mail_server(monkeypatch) as box:
            box.refuse = answer
            with pytest.raises(fault):
                registry()["email"].send(self.settings(box.port), MESSAGE)

    def test_a_line_broken_after_the_words_is_not_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with mail_server(monkeypatch) as box:
            box.drop_after_data = True
            with pytest.raises(Unknown):
                registry()["email"].send(self.settings(box.port), MESSAGE)

    def test_a_title_of_two_lines_makes_no_header(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with mail_server(monkeypatch) as box:
            registry()["email"].send(
                self.settings(box.port), replace(MESSAGE, title="甲\r\nBcc: x@example.com")
            )

        assert email.message_from_string(box.letters[0])["Bcc"] is None


class TestSms:
    def test_is_signed_and_carries_signature_and_template(self, monkeypatch: pytest.MonkeyPatch) -> None:
        values = {"signature": "澄江普惠", "secret": SECRET, "template": "{content}。回T退订"}
        with gateway(monkeypatch) as server:
            receipt = sms.send({**values, "url": server.url}, replace(MESSAGE, recipient="15400000001"))

        _, headers, body = server.requests[0]
        assert json.loads(body)["content"] == "【澄江普惠】新线索分给你，XS-01。回T退订"
        assert (json.loads(body)["request_id"], receipt.provider_id) == ("k-1", "G1")
        assert is_signed(
            [SECRET], message_id=headers["webhook-id"], timestamp=headers["webhook-timestamp"],
            signatures=headers["webhook-signature"], body=body, now_seconds=int(headers["webhook-timestamp"]),
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("status", "fault"), [(429, Temporary), (503, Temporary), (400, Refused), (302, Refused)]
    )
    def test_judges_the_answer_and_follows_no_redirect(
        self, monkeypatch: pytest.MonkeyPatch, status: int, fault: type[Exception]
    ) -> None:
        with gateway(monkeypatch) as server:
            server.answers = [(status, {})]
            with pytest.raises(fault):
                sms.send({"url": server.url, "signature": "甲", "secret": SECRET}, MESSAGE)

    def test_no_answer_is_not_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with gateway(monkeypatch) as server:
            server.answers = [(200, None)]
            with pytest.raises(Unknown):
                sms.send({"url": server.url, "signature": "甲", "secret": SECRET}, MESSAGE)


class TestRobots:
    @pytest.mark.parametrize("code", ["wecom", "dingtalk", "feishu"])
    def test_say_whom_it_concerns_and_read_the_error_code(
        self, monkeypatch: pytest.MonkeyPatch, code: str
    ) -> None:
        with gateway(monkeypatch) as server:
            server.answers = [(200, {"errcode": 0, "code": 0}), (200, {"errcode": 93000, "code": 19021})]
            registry()[code].send({"url": server.url, "secret": "SEC1"}, MESSAGE)
            with pytest.raises(Refused):
                registry()[code].send({"url": server.url, "secret": "SEC1"}, MESSAGE)

        assert "@林若溪 新线索分给你" in server.requests[0][2].decode()

    def test_signatures_are_those_of_the_vendors(self) -> None:
        signed = hmac.new(b"SEC1", b"1700000000000\nSEC1", hashlib.sha256).digest()
        assert dingtalk.signature("SEC1", 1700000000000) == base64.b64encode(signed).decode()
        empty = hmac.new(b"1700000000\nSEC1", b"", hashlib.sha256).digest()
        assert feishu.signature("SEC1", 1700000000) == base64.b64encode(empty).decode()


class TestGuard:
    @pytest.mark.parametrize(
        "url",
        [
            "http://example.com/a",
            "https://user:pw@example.com/",
            "ftp://example.com",
            "https://",
            "file:///etc/passwd",
        ],
    )
    def test_refuses_what_is_no_plain_https(self, url: str) -> None:
        with pytest.raises(InvalidInput):
            check_url(url)

    def test_a_robot_lives_with_its_vendor(self) -> None:
        with pytest.raises(InvalidInput):
            check_url("https://evil.example/robot", hosts=dingtalk.HOSTS)

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "::1", "192.168.1.1"]
    )
    def test_refuses_networks_of_our_own(self, host: str) -> None:
        with pytest.raises(Refused):
            public_address(host, 443)

    def test_refuses_before_anything_is_sent(self) -> None:
        with pytest.raises(Refused):
            post("https://127.0.0.1:9/x", body=b"", headers={})
