"""The weather node."""

import os

import requests

ADDRESS = "https://api.example.invalid/v1/weather"


class Weather:
    """Answers with the weather of the city in the message."""

    def run(self, message):
        headers = {"Authorization": f"Bearer {os.environ['WEATHER_KEY']}"}
        answer = requests.get(ADDRESS, params={"city": message}, headers=headers, timeout=5)
        answer.raise_for_status()
        return f"{answer.json()['temperature']} degrees in {message}"
