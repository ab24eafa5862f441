"""The same tables served by django-ninja, as a good tutorial of it would."""
