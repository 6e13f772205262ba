"""What the service stands on: database, queue, storage, mail, clock, ids. No word of the product in here."""
