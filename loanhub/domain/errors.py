"""The four families of expected refusal, and nothing else.

Concrete errors stand beside the function that raises them, take domain values and write their own
sentence in Chinese, fit to show to the person at the screen.
"""


class LoanHubError(Exception):
    """A refusal that is part of normal work; ``str(error)`` is a Chinese sentence fit to show."""

    status = 500

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotFound(LoanHubError):
    """No such record, or not one this reader may see (the two are never told apart)."""

    status = 404

    def __init__(self, sentence: str = "没有找到这条记录，或你无权查看") -> None:
        super().__init__(sentence)


class NotPermitted(LoanHubError):
    """The reader may see the record but not do this with it."""

    status = 403

    def __init__(self, sentence: str = "你没有做这件事的权限") -> None:
        super().__init__(sentence)


class Conflict(LoanHubError):
    """The record is not, or no longer, in the state this request assumes."""

    status = 409


class InvalidInput(LoanHubError):
    """What was typed cannot be accepted.

    ``fields`` maps the key of each field at fault to its own sentence; the sentence of the error is
    the first of them, so that a caller without a form still says something useful.
    """

    status = 422

    def __init__(self, sentence: str = "", *, fields: dict[str, str] | None = None) -> None:
        self.fields = dict(fields or {})
        super().__init__(sentence or next(iter(self.fields.values()), "填写的内容有误"))
