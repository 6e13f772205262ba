"""Second factors: authenticator apps, passkeys, and recovery codes for when they are lost."""
