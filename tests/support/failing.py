"""Making the N-th call of something fail, for every N."""


def fail_at(monkeypatch, call, target, name, error):
    """Let the N-th call of `target.name` fail; the returned list grows by one a call."""
    original, calls = getattr(target, name), []

    def failing(*args, **options):
        calls.append(args)
        if len(calls) == call:
            raise error
        return original(*args, **options)

    monkeypatch.setattr(target, name, failing)
    return calls
