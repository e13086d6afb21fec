"""Local stand-ins for Twilio and the Graph API, with a phone and a Messenger thread to try them."""
