"""Ada's manifest, right in every part, and the ways tests spoil it."""

import pytest

from plugins.errors import ManifestRefused, Problem
from plugins.manifest import parse_manifest

ADAS_MANIFEST = """\
[plugin]
name = "weather-card"
title = "Weather card"
version = "1.0.0"
runtime = "python"
license = "mit"
description = "Shows the weather in a chat."

[[nodes]]
id = "weather"
title = "Weather"
description = "Asks for a town."
entry_point = "weather_card.nodes:Weather"

[[nodes]]
id = "forecast"
title = "Forecast"
entry_point = "weather_card:Forecast"

[permissions]
network = ["api.example.invalid", "*.maps.example.invalid"]
environment = ["LANG"]
secrets = ["WEATHER_API_KEY"]
filesystem = "none"
subprocess = false
user_data = ["message_text"]

[analytics]
consent_required = true

[dependencies]
httpx = ">=0.27,<1"
"""
JAVASCRIPT = {
    'runtime = "python"': 'runtime = "javascript"',
    "weather_card.nodes:Weather": "src/nodes/index.mjs#Weather",
    "weather_card:Forecast": "index.js#$forecast",
    'httpx = ">=0.27,<1"': '"@weather/core" = "^1.2.0"',
}


def edited(changes: dict[str, str], text: str = ADAS_MANIFEST) -> bytes:
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def refused(data: bytes) -> tuple[Problem, ...]:
    with pytest.raises(ManifestRefused) as caught:
        parse_manifest(data)
    assert caught.value.code == "manifest_invalid"
    return caught.value.problems
