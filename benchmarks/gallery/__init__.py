"""Pictures of every page in every state."""
