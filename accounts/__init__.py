"""Sign-in, lockout, second factor, sessions, accounts and the audit log."""
