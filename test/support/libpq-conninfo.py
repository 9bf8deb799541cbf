"""Asks libpq what it makes of connection strings.

Its argument is the path or name of libpq's library. It prints libpq's version (180004) and the names
of its parameters and of the variables it takes them from as one line of JSON. Then for each line of JSON on standard input, a string, it
prints a line: an object of the values that libpq takes from it, each as hexadecimal digits since they
need not be UTF-8; or null where libpq refuses it.
"""

import ctypes
import json
import sys


class Option(ctypes.Structure):
    # PQconninfoOption (libpq-fe.h)
    _fields_ = [
        ("keyword", ctypes.c_char_p),
        ("envvar", ctypes.c_char_p),
        ("compiled", ctypes.c_char_p),
        ("val", ctypes.c_char_p),
        ("label", ctypes.c_char_p),
        ("dispchar", ctypes.c_char_p),
        ("dispsize", ctypes.c_int),
    ]


def main() -> None:
    libpq = ctypes.CDLL(sys.argv[1])
    libpq.PQconninfoParse.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
    libpq.PQconninfoParse.restype = ctypes.POINTER(Option)
    libpq.PQconninfoFree.argtypes = [ctypes.POINTER(Option)]
    libpq.PQfreemem.argtypes = [ctypes.c_void_p]

    def parse(text: str):
        complaint = ctypes.c_void_p()
        options = libpq.PQconninfoParse(text.encode(), ctypes.byref(complaint))
        if not options:
            libpq.PQfreemem(complaint)
            return None
        values = {}
        at = 0
        while options[at].keyword is not None:
            values[options[at].keyword.decode()] = options[at].val
            at += 1
        libpq.PQconninfoFree(options)
        return values

    def environment(libpq):
        libpq.PQconndefaults.restype = ctypes.POINTER(Option)
        options = libpq.PQconndefaults()
        at = 0
        while options[at].keyword is not None:
            yield options[at].envvar and options[at].envvar.decode()
            at += 1
        libpq.PQconninfoFree(options)

    def answer(what) -> None:
        print(json.dumps(what), flush=True)

    variables = [name for name in environment(libpq) if name is not None]
    answer({"version": libpq.PQlibVersion(), "parameters": list(parse("")), "variables": variables})
    for line in sys.stdin:
        values = parse(json.loads(line))
        answer(values and {name: value.hex() for name, value in values.items() if value is not None})


main()
