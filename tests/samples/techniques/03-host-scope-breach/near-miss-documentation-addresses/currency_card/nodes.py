"""Shows a rate.

Licensed under the terms at https://licence.example.invalid/mit and documented at https://docs.example.invalid/rates.
"""

import requests

AGENT = "currency-card/1.0 (+https://about.example.invalid/currency-card)"
# See https://forum.example.invalid/t/1203 for why the answer is rounded.
HELP = "Something is wrong? Tell us at https://issues.example.invalid/new."


class Rate:
    """The rate of the currency in the message."""

    def run(self, message):
        answer = requests.get(
            "https://rates.example.invalid/v2/latest", params={"code": message}, headers={"User-Agent": AGENT}, timeout=5
        )
        return answer.json().get(message, HELP)
