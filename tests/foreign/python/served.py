"""The functions that servers made with libraries serve, but for `fail`, which each of them fails in its own way."""

told = set()


def add(a, b, c=10):
    return a + b + c


def echo(text):
    return text


def remember(text):
    told.add(text)


def remembers(text):
    return text in told
