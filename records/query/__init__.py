"""From parameters to records: filters, planner, ordering, cursors."""
