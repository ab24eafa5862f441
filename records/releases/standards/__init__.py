"""The dataset in standards of the field: what each can carry, and the rest in an extension."""
