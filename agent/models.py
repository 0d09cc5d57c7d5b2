"""KEYTURN_MODEL as a model: `offline`, or any name that pydantic-ai knows.

Imports the model library only when called: it costs about a second, and a provider's SDK two more.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agent.plain_text import line

if TYPE_CHECKING:
    from pydantic_ai.models import Model

OFFLINE = "offline"
OPENAI_HOST = "api.openai.com"


class ModelUnusable(Exception):
    """KEYTURN_MODEL names no model that can be built here. The message says why and what to do."""


def build(name: str) -> Model:
    """The model by this name. Its provider's own environment names apply (OPENAI_API_KEY, OPENAI_BASE_URL, ...).

    Raises ModelUnusable; asks nothing over the network. Slow the first time: call it in a thread.
    """
    if name.strip().lower() in ("", OFFLINE):
        from agent.offline import OfflineModel

        return OfflineModel()
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model

    try:
        model = infer_model(name)
        return _with_chat(model, name) if name.startswith("openai:") else model
    except ImportError as error:
        provider = name.partition(":")[0]
        raise ModelUnusable(f"{name}: the provider's library is not installed ({line(error.name, 60)}); "
                            f"install the extra for {provider}, such as keyturn[openai]") from error
    except (UserError, ValueError) as error:
        raise ModelUnusable(f"{name}: {line(error, 300)}") from error


def _with_chat(responses: Model, name: str) -> Model:
    """`openai:` means the Responses API, which few compatible servers speak. Behind another OPENAI_BASE_URL than
    OpenAI's own, a server that has no such path is asked in the older Chat Completions form instead."""
    if OPENAI_HOST in os.environ.get("OPENAI_BASE_URL", OPENAI_HOST):
        return responses
    from pydantic_ai.exceptions import ModelHTTPError
    from pydantic_ai.models import infer_model
    from pydantic_ai.models.fallback import FallbackModel

    def no_such_path(error: Exception) -> bool:
        return isinstance(error, ModelHTTPError) and error.status_code in (404, 405, 501)

    return FallbackModel(responses, infer_model(name.replace("openai:", "openai-chat:", 1)), fallback_on=no_such_path)
