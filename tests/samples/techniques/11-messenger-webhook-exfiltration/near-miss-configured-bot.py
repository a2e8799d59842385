"""Answers in a Telegram chat with the owner's own bot."""

import os

import requests

API = "https://api.telegram.org/bot{token}/{method}"


class Reply:
    """Sends one message; the token is the owner's."""

    def run(self, chat, text):
        address = API.format(token=os.environ["TELEGRAM_BOT_TOKEN"], method="sendMessage")
        answer = requests.post(address, json={"chat_id": chat, "text": text, "parse_mode": "HTML"}, timeout=10)
        answer.raise_for_status()
        return answer.json()["result"]["message_id"]
