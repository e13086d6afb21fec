"""What Rasa understands a message with: its topic, a second topic, and what is named in it."""
