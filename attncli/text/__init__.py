"""Text: words with their places, segments of scripts without blanks, and words that are spelled alike."""
