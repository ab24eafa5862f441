"""The door of the curators' workplace: sign-in, lockout, second factor, sessions, accounts. It
tells by signals what happened (aidapi.door.signals) and knows nobody who listens."""
