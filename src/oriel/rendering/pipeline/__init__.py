"""Song + settings to a verified video file; knows no web, no database, no user."""
