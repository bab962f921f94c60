"""One question on stdin (a socket), the answer on the same, gone.

Runs in a fork of the zygote as a user of its own, without capabilities, network or exec. A CA's key
is in its memory for the milliseconds of one signature.
"""

import os
from datetime import UTC, datetime

from ichor.errors import IchorError
from ichor.linux.helper import serve_once
from ichor.pki.leaf import Algorithm, Leaf, Usage
from ichor.pki.signing import (
    Answer,
    CheckImage,
    CheckSignatures,
    DrawRequest,
    Question,
    Several,
    SignLeaf,
    SignRequest,
    encode,
    read_question,
)


def main(arguments: tuple[str, ...] = ()) -> int:
    request, channel = serve_once()
    question = read_question(request)
    answer = reply(question, datetime.now(UTC))  # noqa: TID251 - a program of its own
    channel.sendall(encode(answer))
    channel.close()
    return 0


def reply(question: Question, now: datetime) -> Answer:
    try:
        if isinstance(question, Several):
            return Answer(answers=tuple(reply(each, now) for each in question.questions))
        if isinstance(question, CheckImage):
            return Answer(text=_checked(question))
        if isinstance(question, CheckSignatures):
            return Answer(text=_of_image(question))
        return _signed(question, now)
    except IchorError as err:
        return Answer(error=str(err))
    except Exception as err:  # noqa: BLE001 - whatever it is, the others are to have theirs
        return Answer(error=f"the signer failed: {type(err).__name__}")  # its text may be a key's


def _signed(question: SignLeaf | DrawRequest | SignRequest, now: datetime) -> Answer:
    # Imported here: this module is loaded in the zygote, which stays free of it.
    from ichor.pki import issue

    match question:
        case SignLeaf():
            return _leaf(question, now)
        case DrawRequest(algorithm=algorithm, common_name=name, sans=sans):
            key = issue.make_key(Algorithm(algorithm), os.urandom)
            csr = issue.make_csr(key, common_name=name, sans=sans)
            return Answer(text=csr, key=issue.pkcs8_pem(key))
        case SignRequest(csr=csr, lifetime=lifetime, ca_cert=cert, ca_key=key_pem):
            ca = issue.Pair(certificate=cert, key=key_pem)
            return Answer(
                text=issue.sign_server_csr(ca, csr, lifetime=lifetime, now=now, entropy=os.urandom)
            )


def _checked(question: CheckImage) -> str:
    from ichor.pki import image_check

    return image_check.check(question)


def _of_image(question: CheckSignatures) -> str:
    from ichor.pki import signature_check

    return signature_check.check(question)


def _leaf(question: SignLeaf, now: datetime) -> Answer:
    from ichor.pki import issue

    leaf = Leaf(
        common_name=question.common_name,
        organizations=question.organizations,
        sans=question.sans,
        usages=frozenset(Usage(usage) for usage in question.usages),
        lifetime=question.lifetime,
    )
    algorithm = Algorithm(question.algorithm)
    ca = issue.Pair(certificate=question.ca_cert, key=question.ca_key)
    if not question.ca_cert:  # a CA for this one signature, whose key nobody keeps
        ca = issue.make_ca(question.common_name, algorithm, now=now, entropy=os.urandom)
    key = issue.make_key(algorithm, os.urandom)
    certificate = issue.issue(ca, key.public_key(), leaf, now=now, entropy=os.urandom)
    return Answer(text=certificate, key=issue.pkcs8_pem(key))
