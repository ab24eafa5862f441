"""What a sceptical reader would ask of the published dataset, and what was decided about it."""
