"""How passwords are kept. The other tests hash with less, so this one asks the product as it starts."""

import subprocess
import sys


def test_passwords_are_hashed_as_owasp_advises():
    ask = "from postways.auth.passwords import hashed; print(hashed('a long sentence of mine'))"

    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=60)

    assert answer.stdout.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
