"""What the queues of curators share: possible duplicates, proposed names and reported errors wait
until somebody decides about them, and stay with the decision."""
