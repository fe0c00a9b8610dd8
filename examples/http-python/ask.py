"""An app in Python that calls a model under budget, over HTTP with nothing but `requests` (`pip install requests`).

Set PURSER_URL and PURSER_KEY (`purser keys create app --scope reservations:write`), then: python3 ask.py acme
"""

import os
import sys
import uuid

import requests

URL = os.environ.get("PURSER_URL", "http://127.0.0.1:8080")
KEY = os.environ["PURSER_KEY"]


class BudgetExceeded(Exception):
    """No budget can pay for the call: nothing is set aside, and nothing may be sent."""


def post(path, body, key=None, tries=3):
    """One effect, however often it is sent: the same Idempotency-Key has no second one, and hears the first answer."""
    headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": key or str(uuid.uuid4())}
    for left in reversed(range(tries)):
        try:
            answer = requests.post(f"{URL}{path}", json=body, headers=headers, timeout=30)
        except requests.ConnectionError:
            if left == 0:
                raise
            continue
        if answer.status_code == 402:
            raise BudgetExceeded(answer.json()["detail"])
        if answer.status_code == 503 and left > 0:
            continue
        if not answer.ok:
            raise RuntimeError(f"{answer.status_code} {answer.json()['code']}: {answer.json()['detail']}")
        return answer.json()


def ask_model(question, max_output_tokens):
    """Stands for your provider's library: one request, no retries, with the limit that was reserved."""
    text = f"{len(question)} characters, answered in at most {max_output_tokens} tokens."
    return text, {"input_tokens": 12, "output_tokens": 40}


def ask(account, question, model="gemini-2.5-flash-lite", max_output_tokens=1_000):
    terms = {"account": account, "feature": "chat", "model": model, "input_tokens_max": 2_000, "max_output_tokens": max_output_tokens}
    reservation = post("/v1/reservations", terms)
    text, usage = ask_model(question, max_output_tokens)
    settled = post(f"/v1/reservations/{reservation['id']}/settle", {"usage": usage})
    return text, settled


if __name__ == "__main__":
    account = sys.argv[1] if len(sys.argv) > 1 else "acme"
    text, settled = ask(account, "What is a purser?")
    print(f"{text} It cost {settled['cost']['amount']} EUR; {settled['budgets'][0]['remaining']['amount']} EUR are left.")
    try:
        ask(account, "Tell me everything.", model="gemini-2.5-pro", max_output_tokens=60_000)
    except BudgetExceeded as refused:
        print(refused)
