"""A word of a command line as a shell reads it back."""

from attncli.views.screen import visible


def shell_word(text: str) -> str:
    r"""A word of a command line, as a shell reads it back: plain, in quotes, or as `$'\x1b'`."""
    if text and all(char.isalnum() or char in "-_./:=,+@%" for char in text):
        return text
    if visible(text) != text:
        return "$'" + visible(text.replace("\\", "\\\\").replace("'", "\\'")) + "'"
    if not set(text) & {*'"$`\\!'}:
        return f'"{text}"'
    return "'" + text.replace("'", "'\\''") + "'"
