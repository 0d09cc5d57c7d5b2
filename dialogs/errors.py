"""What stops a verb, as the person who asked will read it."""

from __future__ import annotations


class Declined(Exception):
    """The verb cannot be done; `text` is a whole sentence for the person who asked."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NotFound(Declined):
    """No such request, or none that this person may see: the two are not told apart."""


class FieldError(Declined):
    """A form's field is wrong; `field` is its key, so that the sentence stands beside it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
