"""AES-256 by the libcrypto that `ssl` has loaded already: no further library, no further memory.

`cryptography` costs a long-lived daemon 10 MB and more; discovery needs two modes of one cipher.
The symbols are looked up through the `_ssl` extension itself (dlsym(3) searches what a handle
depends on), so it is the same library whatever its file is called; where `_ssl` is linked into
the interpreter, through the program. EVP functions: EVP_EncryptInit(3), OpenSSL 3.
"""

import _ssl
import ctypes
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

from ichor.errors import FormatError

KEY, NONCE, TAG, BLOCK = 32, 12, 16, 16
# include/openssl/evp.h
_CTRL_GET_TAG, _CTRL_SET_TAG = 0x10, 0x11

_Pointer = ctypes.c_void_p


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(getattr(_ssl, "__file__", None))
    for function in (
        library.EVP_CIPHER_CTX_new,
        library.EVP_aes_256_gcm,
        library.EVP_aes_256_ecb,
    ):
        function.restype, function.argtypes = _Pointer, []
    library.EVP_CIPHER_CTX_free.argtypes = [_Pointer]
    library.EVP_CIPHER_CTX_free.restype = None
    library.EVP_CIPHER_CTX_ctrl.argtypes = [_Pointer, ctypes.c_int, ctypes.c_int, _Pointer]
    library.EVP_CIPHER_CTX_set_padding.argtypes = [_Pointer, ctypes.c_int]
    text, length = ctypes.c_char_p, ctypes.POINTER(ctypes.c_int)
    library.EVP_CipherInit_ex.argtypes = [_Pointer, _Pointer, _Pointer, text, text, ctypes.c_int]
    library.EVP_CipherUpdate.argtypes = [_Pointer, text, length, text, ctypes.c_int]
    library.EVP_CipherFinal_ex.argtypes = [_Pointer, text, length]
    return library


def gcm_encrypt(key: bytes, nonce: bytes, plain: bytes) -> bytes:
    """Give ciphertext and tag. key: 32 bytes; nonce: 12 bytes, never used twice with a key."""
    with _cipher(key, nonce, encrypt=True) as (library, context):
        sealed = _update(library, context, plain)
        _final(library, context)
        tag = ctypes.create_string_buffer(TAG)
        _check(library.EVP_CIPHER_CTX_ctrl(context, _CTRL_GET_TAG, TAG, tag))
        return sealed + tag.raw


def gcm_decrypt(key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """Give the plaintext. Raises FormatError if it was not sealed with this key and nonce."""
    if len(sealed) < TAG:
        raise FormatError("ciphertext and a tag of 16 bytes")
    body, tag = sealed[:-TAG], ctypes.create_string_buffer(sealed[-TAG:], TAG)
    with _cipher(key, nonce, encrypt=False) as (library, context):
        plain = _update(library, context, body)
        _check(library.EVP_CIPHER_CTX_ctrl(context, _CTRL_SET_TAG, TAG, tag))
        _final(library, context)
        return plain


def ecb_encrypt(key: bytes, plain: bytes) -> bytes:
    """Encrypt whole blocks one by one: equal blocks stay equal, which is what is wanted here."""
    return _ecb(key, plain, encrypt=True)


def ecb_decrypt(key: bytes, sealed: bytes) -> bytes:
    return _ecb(key, sealed, encrypt=False)


def _ecb(key: bytes, text: bytes, *, encrypt: bool) -> bytes:
    if len(text) % BLOCK:
        raise FormatError("whole blocks of 16 bytes")
    with _cipher(key, None, encrypt=encrypt) as (library, context):
        _check(library.EVP_CIPHER_CTX_set_padding(context, 0))
        result = _update(library, context, text)
        _final(library, context)
        return result


@contextmanager
def _cipher(
    key: bytes, nonce: bytes | None, *, encrypt: bool
) -> Generator[tuple[ctypes.CDLL, int], None, None]:
    # The C functions trust these lengths.
    if len(key) != KEY or (nonce is not None and len(nonce) != NONCE):
        raise FormatError("a key of 32 bytes and a nonce of 12")
    library = _library()
    context = library.EVP_CIPHER_CTX_new()
    if not context:
        raise MemoryError("EVP_CIPHER_CTX_new")
    try:
        cipher = library.EVP_aes_256_gcm if nonce is not None else library.EVP_aes_256_ecb
        _check(library.EVP_CipherInit_ex(context, cipher(), None, key, nonce, int(encrypt)))
        yield library, context
    finally:
        library.EVP_CIPHER_CTX_free(context)


def _update(library: ctypes.CDLL, context: int, text: bytes) -> bytes:
    room = ctypes.create_string_buffer(len(text) + BLOCK)
    length = ctypes.c_int()
    _check(library.EVP_CipherUpdate(context, room, ctypes.byref(length), text, len(text)))
    return room.raw[: length.value]


def _final(library: ctypes.CDLL, context: int) -> None:
    # Neither mode has anything left to give here; GCM checks the tag.
    room, length = ctypes.create_string_buffer(BLOCK), ctypes.c_int()
    _check(library.EVP_CipherFinal_ex(context, room, ctypes.byref(length)))


def _check(result: int) -> None:
    if result != 1:
        raise FormatError("bytes sealed with this key")
